import { useState } from "react";
import type { ShownMessage } from "./message-groups.ts";

/** How many messages of others came in while the reader was not at the end. */
export function useUnread(messages: readonly ShownMessage[], userId: string, atEnd: boolean): number {
  const newest = messages.at(-1)?.id;
  const [seen, setSeen] = useState(newest);
  if (atEnd && seen !== newest) setSeen(newest);
  if (atEnd) return 0;
  const index = messages.findIndex(({ id }) => id === seen);
  return messages.slice(index + 1).filter(({ author }) => author.id !== userId).length;
}
