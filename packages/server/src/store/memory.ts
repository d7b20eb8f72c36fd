import { randomUUID } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import { epochOf } from "../epoch.ts";
import {
  type CommandKey,
  type CommandRecord,
  type Decide,
  type LockedTopic,
  type LockRequest,
  nextDue,
  type Store,
  type StoredEvent,
  type StoredSnapshot,
  type StoredTimer,
  type StoredTopic,
  type TopicWrite,
  type TrimPolicy,
} from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";

interface MemoryTopic {
  readonly ref: TopicRef;
  offset: number;
  events: StoredEvent[];
  snapshot: StoredSnapshot | null;
  readonly records: Map<string, { readonly record: CommandRecord; readonly at: number }>;
  timers: readonly StoredTimer[];
}

const mostDue = 1_000;
const trimBatch = 1_000;

/** Keeps everything in this process and loses it with the process. For tests, and for what need not outlive a restart. */
export function createMemoryStore(options: { readonly now?: () => number } = {}): Store {
  return new MemoryStore(options.now ?? Date.now);
}

class MemoryStore implements Store {
  readonly durable = false;
  readonly #now: () => number;
  readonly #topics = new Map<string, MemoryTopic>();
  /** The offset of each topic written since the beginning, in the order of the last writes. */
  readonly #written = new Map<string, number>();
  #identity = randomUUID();
  #writes = 0;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
  }

  async load(ref: TopicRef): Promise<StoredTopic> {
    return this.#stored(this.#topic(ref));
  }

  async read(ref: TopicRef, from: number, to: number): Promise<readonly StoredEvent[]> {
    return this.#topic(ref).events.filter(({ offset }) => offset >= from && offset <= to);
  }

  async head(ref: TopicRef) {
    return { epoch: epochOf(this.#identity, ref.id), offset: this.#topic(ref).offset };
  }

  transaction(requests: readonly LockRequest[], decide: Decide): Promise<void> {
    const result = this.#last.then(() => this.#run(requests, decide));
    this.#last = result.catch(() => {});
    return result;
  }

  async look(mark: string | null) {
    const since = mark === null ? this.#writes : Number(mark);
    const now = this.#now();
    const changed = [...this.#written]
      .filter(([, write]) => write > since)
      .map(([id]) => ({ id, epoch: epochOf(this.#identity, id), offset: this.#topics.get(id)?.offset ?? 0 }));
    const due = [...this.#topics.values()]
      .map(({ ref, timers }) => ({ ref, at: nextDue(timers) }))
      .filter((topic): topic is { ref: TopicRef; at: number } => topic.at !== null && topic.at <= now)
      .sort((a, b) => a.at - b.at)
      .slice(0, mostDue)
      .map(({ ref }) => ref);
    return { mark: String(this.#writes), now, changed, due };
  }

  async trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    let deleted = 0;
    for (const topic of this.#topics.values()) {
      if (topic.ref.channel !== channel || !topic.snapshot) continue;
      const beyond = keep === undefined ? 0 : topic.offset - keep;
      const covered = topic.snapshot.offset;
      const old = (event: StoredEvent): boolean =>
        event.offset <= beyond || (before !== undefined && event.at < before);
      const kept = topic.events.findIndex((event) => event.offset > covered || !old(event));
      const count = Math.min(kept === -1 ? topic.events.length : kept, trimBatch - deleted);
      topic.events = topic.events.slice(count);
      deleted += count;
    }
    return deleted;
  }

  async forget(before: number): Promise<number> {
    let deleted = 0;
    for (const { records } of this.#topics.values()) {
      for (const [key, { at }] of records) {
        if (at >= before) continue;
        records.delete(key);
        deleted += 1;
      }
    }
    return deleted;
  }

  async newEpoch(): Promise<void> {
    this.#identity = randomUUID();
  }

  #topic(ref: TopicRef): MemoryTopic {
    if (this.#closed) throw new ShoalError("SERVICE_UNAVAILABLE", "The store is closed.");
    const empty = { ref, offset: 0, events: [], snapshot: null, records: new Map(), timers: [] };
    return this.#topics.get(ref.id) ?? empty;
  }

  #stored({ ref, snapshot, events }: MemoryTopic): StoredTopic {
    const after = snapshot?.offset ?? 0;
    return { epoch: epochOf(this.#identity, ref.id), snapshot, events: events.filter(({ offset }) => offset > after) };
  }

  async #run(requests: readonly LockRequest[], decide: Decide): Promise<void> {
    const now = this.#now();
    const topics = new Map(requests.map((request) => [request.topic.id, this.#lock(request)]));
    const writes = await decide({ now, topics });
    for (const write of writes) check(this.#topic(write.topic), write);
    for (const write of writes) this.#append(write, now);
  }

  #lock({ topic: ref, known, commands }: LockRequest): LockedTopic {
    const topic = this.#topic(ref);
    const records = commands.flatMap((key) => topic.records.get(recordKey(key))?.record ?? []);
    const tail = topic.events.filter(({ offset }) => offset > known.offset);
    const whole = known.epoch === epochOf(this.#identity, ref.id) && tail.length === topic.offset - known.offset;
    const news = whole
      ? ({ kind: "tail", events: tail } as const)
      : ({ kind: "reload", stored: this.#stored(topic) } as const);
    return { news, records, timers: topic.timers };
  }

  #append({ topic: ref, head, events, records, timers, snapshot }: TopicWrite, now: number): void {
    const topic = this.#topic(ref);
    this.#topics.set(ref.id, topic);
    topic.events.push(...events);
    topic.offset = head.offset;
    if (timers) topic.timers = timers;
    if (snapshot) topic.snapshot = snapshot;
    for (const record of records) topic.records.set(recordKey(record), { record, at: now });
    if (events.length === 0) return;
    this.#writes += 1;
    this.#written.set(ref.id, this.#writes);
  }
}

function check({ offset }: MemoryTopic, { events, topic: { id } }: TopicWrite): void {
  for (const [index, event] of events.entries()) {
    if (event.offset === offset + 1 + index) continue;
    throw new ShoalError("INTERNAL_SERVER_ERROR", `Event ${event.offset} of ${id} would leave a hole in its log.`);
  }
}

function recordKey({ sender, commandId }: CommandKey): string {
  return JSON.stringify([sender, commandId]);
}
