import type { Documents } from "@shoal/contract/documents";
import { updatesOf } from "./document-tables.ts";
import { documentThreads } from "./document-threads.ts";

type State = Documents["state"];

/** How long a document may take to be compacted, in milliseconds. One that takes longer stays as it is, and is tried again. */
const compactMs = 10_000;

/** The same document with one update in place of many. What was deleted in it is collected: of that its length is left. */
export async function compactDocument(state: State, { signal }: { readonly signal: AbortSignal }): Promise<State> {
  const past = updatesOf(state);
  if (past.length === 0) return state;
  const { base, bytes } = await documentThreads.run("compact", { past }, { deadlineMs: compactMs, signal });
  return { ...state, base, bytes, tail: [] };
}
