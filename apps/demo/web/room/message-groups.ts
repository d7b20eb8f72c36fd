import type { Person, RoomEntry, RoomMessage } from "@shoal/contract/rooms";
import type { OutboxEntry } from "./outbox.ts";

/** How long after the last message the next one of the same author still belongs to it, in milliseconds. */
const together = 5 * 60 * 1_000;

/** A message as it is shown: with the entry of the outbox while it is not confirmed. */
export interface ShownMessage extends RoomMessage {
  readonly unsent?: OutboxEntry;
}

/** What the room tells of itself. */
export type RoomLine = Exclude<RoomEntry, RoomMessage>;

/** What is shown, in its order: messages, and what the room tells of itself between them. */
export type Shown = ShownMessage | RoomLine;

/** Messages that one person wrote in one go. */
export interface MessageGroup {
  readonly kind: "messages";
  readonly author: Person;
  readonly at: number;
  readonly own: boolean;
  /** Whether it is the first of its day. */
  readonly newDay: boolean;
  readonly messages: readonly ShownMessage[];
}

interface LineGroup {
  readonly kind: "line";
  readonly newDay: boolean;
  readonly line: RoomLine;
}

/** What stands together under one heading. */
export type Group = MessageGroup | LineGroup;

/** What the room shows: its entries, and after them what of the outbox is not among them. */
export function withOutbox(
  entries: readonly RoomEntry[],
  outbox: readonly OutboxEntry[],
  author: Person,
): readonly Shown[] {
  if (outbox.length === 0) return entries;
  const unsent = new Map(outbox.map((entry) => [entry.id, entry]));
  const shown = entries.map((entry) => {
    const sending = unsent.get(entry.id);
    unsent.delete(entry.id);
    return sending && entry.kind === "message" ? { ...entry, unsent: sending } : entry;
  });
  return [...shown, ...[...unsent.values()].map((entry) => toMessage(entry, author))];
}

export function groupEntries(entries: readonly Shown[], userId: string): readonly Group[] {
  const groups: (LineGroup | (MessageGroup & { messages: ShownMessage[] }))[] = [];
  let before: Shown | undefined;
  for (const entry of entries) {
    const group = groups.at(-1);
    const newDay = !before || dayOf(before.at) !== dayOf(entry.at);
    if (entry.kind !== "message") groups.push({ kind: "line", newDay, line: entry });
    else if (group?.kind === "messages" && !newDay && goesOn(group, entry)) group.messages.push(entry);
    else {
      const { author, at } = entry;
      groups.push({ kind: "messages", author, at, own: author.id === userId, newDay, messages: [entry] });
    }
    before = entry;
  }
  return groups;
}

function goesOn({ author, messages }: MessageGroup, next: ShownMessage): boolean {
  return author.id === next.author.id && next.at - (messages.at(-1)?.at ?? 0) < together;
}

function toMessage(unsent: OutboxEntry, author: Person): ShownMessage {
  const { id, text, at } = unsent;
  return { kind: "message", id, offset: 0, author, text, at, editedAt: null, unsent };
}

function dayOf(at: number): string {
  return new Date(at).toDateString();
}
