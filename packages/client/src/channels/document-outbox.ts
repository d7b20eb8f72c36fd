import * as Y from "yjs";
import { clientsOf, cutUpdate, type UpdateLimits } from "./document-pieces.ts";

/** An update that was not sent yet. */
interface Waiting {
  readonly update: Uint8Array;
  /** How many of the user's transactions end with it. */
  readonly changes: number;
}

/** What is on its way: always the same command, however often it is sent. */
export interface Parcel extends Waiting {
  readonly commandId: string;
}

/**
 * The user's transactions that the server has not acknowledged, in the order in which they were made. One parcel is on its way; what gathers
 * meanwhile leaves together, as much as fits into the next.
 */
export interface Outbox {
  readonly waiting: readonly Waiting[];
  readonly sending: Parcel | undefined;
}

export const emptyOutbox: Outbox = { waiting: [], sending: undefined };

/** How many transactions the server has not acknowledged. */
export function changesIn({ waiting, sending }: Outbox): number {
  return waiting.reduce((sum, { changes }) => sum + changes, sending?.changes ?? 0);
}

export function isEmpty({ waiting, sending }: Outbox): boolean {
  return waiting.length === 0 && !sending;
}

/** Adds a transaction. */
export function put(outbox: Outbox, update: Uint8Array): Outbox {
  return { ...outbox, waiting: [...outbox.waiting, { update, changes: 1 }] };
}

/** Begins the next parcel, where none is on its way and something waits. */
export function send(outbox: Outbox, commandId: string, limits: UpdateLimits): Outbox {
  if (outbox.sending || outbox.waiting.length === 0) return outbox;
  const waiting = withFirstCut(outbox.waiting, limits);
  const count = howManyFit(waiting, limits);
  const taken = waiting.slice(0, count);
  const update = Y.mergeUpdates(taken.map((each) => each.update));
  const changes = taken.reduce((sum, each) => sum + each.changes, 0);
  return { waiting: waiting.slice(count), sending: { commandId, update, changes } };
}

/** What was on its way is known to be stored. */
export function acknowledge(outbox: Outbox): Outbox {
  return { ...outbox, sending: undefined };
}

/** Takes `update`, which has all that the server lacks, for all that waits or was on its way. */
export function replaceAll(outbox: Outbox, update: Uint8Array | undefined): Outbox {
  if (!update) return emptyOutbox;
  return { waiting: [{ update, changes: Math.max(1, changesIn(outbox)) }], sending: undefined };
}

/** The first transaction in pieces, where it is too large to be sent as it is. It counts as sent with its last piece. */
function withFirstCut(waiting: readonly Waiting[], limits: UpdateLimits): readonly Waiting[] {
  const [first, ...others] = waiting;
  if (!first) return waiting;
  const pieces = cutUpdate(first.update, limits);
  if (pieces.length === 1) return waiting;
  const last = pieces.length - 1;
  return [...pieces.map((update, at) => ({ update, changes: at === last ? first.changes : 0 })), ...others];
}

/** How many of the first go into one parcel. One always does. */
function howManyFit(waiting: readonly Waiting[], limits: UpdateLimits): number {
  const clients = new Set<number>();
  let bytes = 0;
  const over = waiting.findIndex(({ update }, at) => {
    bytes += update.length;
    for (const client of clientsOf(update)) clients.add(client);
    return at > 0 && (bytes > limits.bytes || clients.size > limits.clients);
  });
  return over < 0 ? waiting.length : over;
}
