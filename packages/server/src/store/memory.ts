import { randomUUID } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import type {
  CommandKey,
  CommandRecord,
  Locked,
  LockedTopic,
  LockRequest,
  Store,
  StoredEvent,
  TopicWrite,
} from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";

interface MemoryTopic {
  readonly epoch: string;
  readonly events: StoredEvent[];
  readonly records: Map<string, CommandRecord>;
}

/** Keeps everything in this process and loses it with the process. For tests, and for what need not outlive a restart. */
export function createMemoryStore(options: { readonly now?: () => number } = {}): Store {
  const now = options.now ?? Date.now;
  const topics = new Map<string, MemoryTopic>();
  let last = Promise.resolve();
  let closed = false;

  const topicOf = (ref: TopicRef): MemoryTopic => {
    if (closed) throw new ShoalError("SERVICE_UNAVAILABLE", "The store is closed.");
    const topic = topics.get(ref.id) ?? { epoch: randomUUID(), events: [], records: new Map() };
    topics.set(ref.id, topic);
    return topic;
  };

  const run = async (requests: readonly LockRequest[], decide: Parameters<Store["transaction"]>[1]): Promise<void> => {
    const locked: Locked = {
      now: now(),
      topics: new Map(requests.map((request) => [request.topic.id, lock(topicOf(request.topic), request)])),
    };
    const writes = await decide(locked);
    for (const write of writes) check(topicOf(write.topic), write);
    for (const write of writes) append(topicOf(write.topic), write);
  };

  return {
    async open() {},
    async close() {
      closed = true;
    },
    async load(ref) {
      const { epoch, events } = topicOf(ref);
      return { epoch, snapshot: null, events: [...events] };
    },
    async read(ref, from, to) {
      return topicOf(ref).events.slice(Math.max(0, from - 1), Math.max(0, to));
    },
    async head(ref) {
      const { epoch, events } = topicOf(ref);
      return { epoch, offset: events.length };
    },
    transaction(requests, decide) {
      const result = last.then(() => run(requests, decide));
      last = result.catch(() => {});
      return result;
    },
  };
}

function lock(topic: MemoryTopic, { known, commands }: LockRequest): LockedTopic {
  const records = commands.flatMap((key) => topic.records.get(recordKey(key)) ?? []);
  const news =
    known.epoch === topic.epoch
      ? ({ kind: "tail", events: topic.events.slice(known.offset) } as const)
      : ({ kind: "reload", stored: { epoch: topic.epoch, snapshot: null, events: [...topic.events] } } as const);
  return { news, records };
}

function check(topic: MemoryTopic, { events, topic: { id } }: TopicWrite): void {
  for (const [index, event] of events.entries()) {
    if (event.offset === topic.events.length + 1 + index) continue;
    throw new ShoalError("INTERNAL_SERVER_ERROR", `Event ${event.offset} of ${id} would leave a hole in its log.`);
  }
}

function append(topic: MemoryTopic, { events, records }: TopicWrite): void {
  topic.events.push(...events);
  for (const record of records) topic.records.set(recordKey(record), record);
}

function recordKey({ userId, commandId }: CommandKey): string {
  return JSON.stringify([userId, commandId]);
}
