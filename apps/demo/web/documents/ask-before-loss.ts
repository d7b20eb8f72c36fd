import { waitingChanges } from "@shoal/client/documents";
import type { DemoClient } from "../client.ts";
import { unsaved } from "../unsaved.ts";
import { visit } from "../visit.ts";

const known = new WeakSet<DemoClient>();

/** From now on it is asked before what waits in a client's documents is lost, whichever page is shown. */
export function askBeforeLoss(client: DemoClient): void {
  if (known.has(client)) return;
  known.add(client);
  const waiting = waitingChanges(client);
  const look = () => {
    if (visit.current.client === client) unsaved.set(waiting.current);
  };
  waiting.subscribe(look);
  visit.subscribe(() => unsaved.set(0));
  look();
}
