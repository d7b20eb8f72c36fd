import type { Documents } from "@shoal/contract/documents";

type State = Pick<Documents["state"], "base" | "tail" | "edits">;

/** An update of a state, as base64. */
export interface Unread {
  readonly update: string;
  /** The how manieth edit it is, from 1; undefined for the base, which has many. */
  readonly edit: number | undefined;
}

/**
 * What a state has that was not read yet, in its order.
 *
 * @param read - how many edits were read; undefined where that is nothing, or was another generation of the document
 */
export function unreadOf({ base, tail, edits }: State, read: number | undefined): Unread[] {
  const first = edits - tail.reduce((sum, chunk) => sum + chunk.length, 0) + 1;
  const known = read !== undefined && read <= edits && read + 1 >= first ? read : undefined;
  const begin: Unread[] = known === undefined && base !== "" ? [{ update: base, edit: undefined }] : [];
  if (known === edits) return begin;
  return [...begin, ...editsAfter(tail, first, known ?? first - 1)];
}

/** All updates of a state, as base64. */
export function updatesOf(state: State): string[] {
  return unreadOf(state, undefined).map(({ update }) => update);
}

/** The chunks that were read are passed over whole: a document's tail may be long. */
function editsAfter(tail: State["tail"], first: number, read: number): Unread[] {
  const found: Unread[] = [];
  let next = first;
  for (const chunk of tail) {
    if (next + chunk.length - 1 > read) {
      for (const [at, update] of chunk.entries()) if (next + at > read) found.push({ update, edit: next + at });
    }
    next += chunk.length;
  }
  return found;
}
