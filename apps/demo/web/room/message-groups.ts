import type { RoomMessage } from "@shoal/contract/rooms";
import type { OutboxEntry } from "./outbox.ts";
import type { Timeline } from "./timeline.ts";

/** How long after the last message the next one of the same author still belongs to it, in milliseconds. */
const together = 5 * 60 * 1_000;

/** A message as it is shown: with the entry of the outbox while it is not confirmed. */
export interface ShownMessage extends RoomMessage {
  readonly unsent?: OutboxEntry;
}

/** Messages that one person wrote in one go. */
export interface MessageGroup {
  readonly author: RoomMessage["author"];
  readonly at: number;
  readonly own: boolean;
  /** Whether it is the first of its day. */
  readonly newDay: boolean;
  readonly messages: readonly ShownMessage[];
}

/** What the room shows: its messages, and after them what of the outbox is not among them. */
export function withOutbox(
  timeline: Timeline,
  outbox: readonly OutboxEntry[],
  author: RoomMessage["author"],
): readonly ShownMessage[] {
  if (outbox.length === 0) return timeline;
  const unsent = new Map(outbox.map((entry) => [entry.id, entry]));
  const shown = timeline.map((message) => {
    const entry = unsent.get(message.id);
    unsent.delete(message.id);
    return entry ? { ...message, unsent: entry } : message;
  });
  return [
    ...shown,
    ...[...unsent.values()].map((entry) => ({ id: entry.id, author, text: entry.text, at: entry.at, unsent: entry })),
  ];
}

export function groupMessages(messages: readonly ShownMessage[], userId: string): readonly MessageGroup[] {
  const groups: (MessageGroup & { messages: ShownMessage[] })[] = [];
  for (const message of messages) {
    const group = groups.at(-1);
    const previous = group?.messages.at(-1);
    const newDay = !previous || dayOf(previous.at) !== dayOf(message.at);
    const goesOn = previous?.author.id === message.author.id && !newDay && message.at - previous.at < together;
    if (group && goesOn) group.messages.push(message);
    else {
      const { author, at } = message;
      groups.push({ author, at, own: author.id === userId, newDay, messages: [message] });
    }
  }
  return groups;
}

function dayOf(at: number): string {
  return new Date(at).toDateString();
}
