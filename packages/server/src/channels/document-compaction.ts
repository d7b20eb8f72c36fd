import { bytesOf, type Documents } from "@shoal/contract/documents";
import type { Scan } from "./document-scan.ts";
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

/** Which part of what a document may have is not compacted at most, and how much more it may have for what deletes. */
const spare = 1 / 8;

/** How large a document may be with an update. One that only deletes may go beyond, or what is full could never be less. */
export function mostBytes({ clients }: Scan, maxBytes: number): number {
  return clients.length === 0 ? maxBytes * (1 + spare) : maxBytes;
}

/** Whether a document may become smaller by far, so that what was deleted in it does not keep it full. */
export function isCompactable({ base, tail, bytes }: State, maxBytes: number): boolean {
  return tail.length > 0 && (bytes > maxBytes || bytes - bytesOf(base) > maxBytes * spare);
}
