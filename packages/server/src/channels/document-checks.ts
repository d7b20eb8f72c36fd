import { ShoalError } from "@shoal/contract";
import { clientOf, type DocumentSecret } from "./document-private.ts";
import type { Scan } from "./document-scan.ts";

/** How many Yjs clients of a user an update may come from: a page has one, and after a time without a connection there are a few. */
const mostInUpdate = 16;

/** How many Yjs clients a document may come from. A page makes another one each time that it is loaded and written in. */
const mostClients = 20_000;

/**
 * How many shared types a document may have. Yjs deletes what is in a type by a function that calls itself, so that each depth of types
 * takes of the stack of everybody who opens the document.
 */
const mostTypes = 1_000;

/** Where an update of this author would have to begin. */
export interface Expected {
  readonly client: number;
  readonly expected: number;
}

/**
 * Checks whether an update follows what is there of a document, so that Yjs applies it at once and completely.
 *
 * @param author - the user's id; null where it is the server
 * @returns where it would have to begin, when it begins elsewhere; undefined when it follows
 * @throws {ShoalError} `BAD_REQUEST` when no honest client sends it
 */
export function checkScan(known: DocumentSecret, scan: Scan, author: string | null): Expected | undefined {
  if (author !== null && scan.clients.length > mostInUpdate) {
    throw refused(`it comes from more than ${mostInUpdate} Yjs clients`);
  }
  if (known.types + scan.types > mostTypes) throw refused(`a document has at most ${mostTypes} shared types`);
  const ends = new Map<number, number>();
  let added = 0;
  let misplaced: Expected | undefined;
  for (const { client, from, to } of scan.clients) {
    const writer = clientOf(known, client);
    if (writer && writer.owner !== author) throw refused(`the Yjs client ${client} is another author's`);
    if (!writer) added += 1;
    const expected = writer?.clock ?? 0;
    if (from !== expected) misplaced ??= { client, expected };
    ends.set(client, to);
  }
  if (known.clients + added > mostClients) throw refused(`a document comes from at most ${mostClients} Yjs clients`);
  if (misplaced) return misplaced;
  const endOf = (client: number) => ends.get(client) ?? clientOf(known, client)?.clock ?? 0;
  for (const { client, clock } of scan.needs) {
    if (clock >= endOf(client)) throw refused(`it depends on ${client}:${clock}, which is not in the document`);
  }
  for (const { client, end } of scan.deletes) {
    if (end > endOf(client)) throw refused(`it deletes what is not in the document, of the Yjs client ${client}`);
  }
  return undefined;
}

/** Why an update is none that the document takes. */
export function refused(why: string): ShoalError {
  return new ShoalError(
    "BAD_REQUEST",
    `The update was refused: ${why}. Load the document anew, and send what its Yjs document makes.`,
  );
}
