import { useState } from "react";
import type { Shown } from "./message-groups.ts";

/** How many messages of others came in while the reader was not at the end. */
export function useUnread(entries: readonly Shown[], userId: string, atEnd: boolean): number {
  // By offsets, which what was removed or is not confirmed leaves as they are: a pending message has none, and others come before it.
  const newest = Math.max(0, ...entries.map(({ offset }) => offset));
  const [seen, setSeen] = useState(newest);
  if (atEnd && seen !== newest) setSeen(newest);
  if (atEnd) return 0;
  return entries.filter((entry) => entry.kind === "message" && entry.offset > seen && entry.author.id !== userId)
    .length;
}
