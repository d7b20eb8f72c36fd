import { useState } from "react";
import type { Shown } from "./message-groups.ts";

/** How many messages of others came in while the reader was not at the end. */
export function useUnread(entries: readonly Shown[], userId: string, atEnd: boolean): number {
  const newest = entries.at(-1)?.id;
  const [seen, setSeen] = useState(newest);
  if (atEnd && seen !== newest) setSeen(newest);
  if (atEnd) return 0;
  const index = entries.findIndex(({ id }) => id === seen);
  return entries.slice(index + 1).filter((entry) => entry.kind === "message" && entry.author.id !== userId).length;
}
