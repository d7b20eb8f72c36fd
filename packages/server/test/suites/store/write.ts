import type { Locked, LockRequest, Store, StoredEvent, TopicHead, TopicRef, TopicWrite } from "@shoal/server";
import { topicRef } from "../../../src/topic-ref.ts";

/** A topic by its name. */
export function topicNamed(name: string, { channel = "notes", tenant = null as string | null } = {}): TopicRef {
  return topicRef(channel, tenant, { name });
}

/** What asks for a topic, as a node that holds it up to `known`. */
export function request(topic: TopicRef, known: TopicHead, commands: LockRequest["commands"] = []): LockRequest {
  return { topic, known, commands };
}

/** Where the log of a locked topic ends. */
export function lockedHead({ topic, known }: LockRequest, { topics }: Locked): number {
  const news = topics.get(topic.id)?.news;
  if (!news) throw new Error(`${topic.id} is not locked`);
  if (news.kind === "tail") return known.offset + news.events.length;
  return news.stored.events.at(-1)?.offset ?? news.stored.snapshot?.offset ?? 0;
}

/** One event for each of `data`, after the offset `after`. */
export function eventsAfter(after: number, at: number, data: readonly unknown[]): StoredEvent[] {
  return data.map((one, index) => ({
    offset: after + 1 + index,
    at,
    type: "noted",
    data: one,
    secret: null,
    commandId: `c${after + 1 + index}`,
    userId: "ann",
    version: 1,
  }));
}

/** Events and what is written with them, to follow the head that a lock shows. */
export function writeAfter(
  after: number,
  at: number,
  topic: TopicRef,
  data: readonly unknown[],
  more: Partial<TopicWrite> = {},
): TopicWrite {
  return {
    topic,
    head: { offset: after + data.length, at },
    events: eventsAfter(after, at, data),
    records: [],
    ...more,
  };
}

/** Writes to one topic in a transaction of its own, and returns the store's time in it. */
export async function write(
  store: Store,
  topic: TopicRef,
  data: readonly unknown[],
  more: Partial<TopicWrite> | ((now: number, head: number) => Partial<TopicWrite>) = {},
): Promise<number> {
  const lock = request(topic, await store.head(topic));
  let time = 0;
  await store.transaction(
    [lock],
    (locked) => {
      const head = lockedHead(lock, locked);
      time = locked.now;
      return [writeAfter(head, time, topic, data, typeof more === "function" ? more(time, head + data.length) : more)];
    },
    { wait: true },
  );
  return time;
}

/** What a transaction is shown of one topic; it writes nothing. */
export async function show(store: Store, lock: LockRequest) {
  let shown: Locked | undefined;
  await store.transaction(
    [lock],
    (locked) => {
      shown = locked;
      return [];
    },
    { wait: true },
  );
  const topic = shown?.topics.get(lock.topic.id);
  if (!shown || !topic) throw new Error(`${lock.topic.id} was not shown`);
  return { ...topic, now: shown.now };
}
