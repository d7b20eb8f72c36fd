import type { AnyClient } from "../client.ts";
import { type Readable, Store } from "../store.ts";

const tallies = new WeakMap<AnyClient, Tally>();

/** How many changes wait in each document of a client. */
class Tally {
  readonly sum = new Store(0);
  readonly #waiting = new Map<object, number>();

  note(document: object, waiting: number): void {
    if (waiting > 0) this.#waiting.set(document, waiting);
    else this.#waiting.delete(document);
    const sum = [...this.#waiting.values()].reduce((all, each) => all + each, 0);
    if (sum !== this.sum.current) this.sum.set(sum);
  }
}

/**
 * How many changes in all documents that a client has open are not stored: what is lost when the page is closed or the client is. A document
 * that no component shows any more is open until its changes are stored.
 */
export function waitingChanges(client: AnyClient): Readable<number> {
  return tallyOf(client).sum;
}

/** Notes how many changes wait in a document; 0 once it is ended. */
export function noteWaiting(client: AnyClient, document: object, waiting: number): void {
  tallyOf(client).note(document, waiting);
}

function tallyOf(client: AnyClient): Tally {
  const tally = tallies.get(client) ?? new Tally();
  tallies.set(client, tally);
  return tally;
}
