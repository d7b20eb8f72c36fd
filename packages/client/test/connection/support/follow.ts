import type { ShoalError } from "@shoal/contract";
import type { Link } from "../../../src/link.ts";
import { Store } from "../../../src/store.ts";

/** Subscribes once, and records what it is told. */
export function follow(link: Link, path: string, input: object = {}) {
  const told = new Store<readonly { readonly id: string; readonly data: unknown }[]>([]);
  const ended = new Store<{ readonly error: ShoalError; readonly lost: boolean } | undefined>(undefined);
  const stop = link.subscribe(path, () => ({ input, lastEventId: undefined }), {
    data: (id, data) => told.set([...told.current, { id, data }]),
    ended: (error, lost) => ended.set({ error, lost }),
  });
  return { told, ended, stop };
}
