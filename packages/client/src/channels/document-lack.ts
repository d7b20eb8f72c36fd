import * as Y from "yjs";
import { type Deletion, deletionsOf, encodeUpdate, groupBy } from "./document-pieces.ts";

/**
 * What a document has and others lack, as an update (v1); undefined where that is nothing.
 *
 * @param theirs - all updates that they have
 */
export function lackOf(doc: Y.Doc, theirs: readonly Uint8Array[]): Uint8Array | undefined {
  const scratch = documentOf(theirs);
  try {
    const { structs, ds } = Y.decodeUpdate(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(scratch)));
    const known = deletionsOf(Y.createDeleteSetFromStructStore(scratch.store));
    const deletions = without(deletionsOf(ds), known);
    const made = structs.filter((struct) => !(struct instanceof Y.Skip));
    return made.length + deletions.length > 0 ? encodeUpdate(made, deletions) : undefined;
  } finally {
    scratch.destroy();
  }
}

/** How much of a Yjs client is in these updates: its next clock. */
export function clockIn(updates: readonly Uint8Array[], client: number): number {
  const scratch = documentOf(updates);
  try {
    return Y.getState(scratch.store, client);
  } finally {
    scratch.destroy();
  }
}

function documentOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

/** The ranges of `all` as far as they are not in `known`. */
function without(all: readonly Deletion[], known: readonly Deletion[]): Deletion[] {
  const byClient = groupBy(known, ({ client }) => client);
  return all.flatMap(({ client, clock, len }) => {
    const left: Deletion[] = [];
    let from = clock;
    for (const range of byClient.get(client) ?? []) {
      if (range.clock > from && range.clock < clock + len) left.push({ client, clock: from, len: range.clock - from });
      if (range.clock < clock + len) from = Math.max(from, range.clock + range.len);
    }
    if (from < clock + len) left.push({ client, clock: from, len: clock + len - from });
    return left;
  });
}
