import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ShoalError } from "@shoal/contract";
import {
  type Decide,
  type LockedTopic,
  type LockRequest,
  type Look,
  nextDue,
  type Store,
  type StoredEvent,
  type StoredTopic,
  type TopicHead,
  type TopicWrite,
  type TransactionOptions,
  type TrimPolicy,
} from "../../store.ts";
import { type TopicRef, topicRef } from "../../topic-ref.ts";
import type { EventRow, LockRow, ReaderCalls, TopicRow, WriteRow, WriterCalls } from "./messages.ts";
import { Thread } from "./thread.ts";

export interface SqliteStoreOptions {
  /**
   * The file. Its folder is made when it is missing.
   * @default ".shoal/shoal.db"
   */
  readonly path?: string;
}

/**
 * Keeps everything in one SQLite file, for one node. An acknowledged command is on the disk (`WAL`, `synchronous=FULL`). One
 * process writes to the file, which a lock beside it ensures; any number may read it.
 */
export function createSqliteStore({ path = ".shoal/shoal.db" }: SqliteStoreOptions = {}): SqliteStore {
  return new SqliteStore(resolve(path));
}

export class SqliteStore implements Store {
  readonly durable = true;
  readonly #path: string;
  #writer: Thread<WriterCalls> | undefined;
  #reader: Thread<ReaderCalls> | undefined;
  /** One transaction at a time: the next begins when the one before it has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when another process has the file, or it is of a newer version */
  async open(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const writer = await Thread.start<WriterCalls>("writer", this.#path);
    try {
      this.#reader = await Thread.start<ReaderCalls>("reader", this.#path);
    } catch (error) {
      await writer.stop();
      throw error;
    }
    this.#writer = writer;
  }

  async close(): Promise<void> {
    await this.#last;
    const [writer, reader] = [this.#writer, this.#reader];
    this.#writer = undefined;
    this.#reader = undefined;
    await reader?.call.close();
    await writer?.call.close();
    await Promise.all([reader?.stop(), writer?.stop()]);
  }

  /** What the writing connection really runs with. */
  async pragmas(): Promise<{ readonly journalMode: string; readonly synchronous: number }> {
    return await this.#write.pragmas();
  }

  async load(topic: TopicRef): Promise<StoredTopic> {
    return toStored(await this.#read.load(topic.id));
  }

  async read(topic: TopicRef, from: number, to: number): Promise<readonly StoredEvent[]> {
    return (await this.#read.read(topic.id, from, to)).map(toEvent);
  }

  async head(topic: TopicRef): Promise<TopicHead> {
    return await this.#read.head(topic.id);
  }

  transaction(requests: readonly LockRequest[], decide: Decide, options: TransactionOptions = {}): Promise<void> {
    if (options.within) {
      throw new ShoalError(
        "BAD_REQUEST",
        "The SQLite store cannot join a transaction of the application. Use Postgres for `tx`.",
      );
    }
    return this.#inTurn(() => this.#transact(requests, decide));
  }

  async look(): Promise<Look> {
    const { now, topics } = await this.#read.due();
    const due = topics.map(({ channel, tenant, params }) => topicRef(channel, tenant, JSON.parse(params)));
    return { mark: "", now, changed: [], due };
  }

  trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    return this.#inTurn(() => this.#write.trim(channel, keep ?? null, before ?? null));
  }

  forget(before: number): Promise<number> {
    return this.#inTurn(() => this.#write.forget(before));
  }

  newEpoch(): Promise<void> {
    return this.#inTurn(() => this.#write.newEpoch());
  }

  get #write() {
    return open(this.#writer).call;
  }

  get #read() {
    return open(this.#reader).call;
  }

  #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    return result;
  }

  async #transact(requests: readonly LockRequest[], decide: Decide): Promise<void> {
    const calls = requests.map(({ topic: { id: key }, known: { epoch, offset }, commands }) => ({
      key,
      known: { epoch, offset },
      commands,
    }));
    const { now, topics: rows } = await this.#write.lock(calls);
    const topics = new Map<string, LockedTopic>();
    for (const [index, { topic }] of requests.entries()) {
      const row = rows[index];
      if (row) topics.set(topic.id, toLocked(row));
    }
    const writes = await decide({ now, topics });
    if (writes.length > 0) await this.#write.write(writes.map(toRow), now);
  }
}

function open<Calls extends object>(thread: Thread<Calls> | undefined): Thread<Calls> {
  if (thread) return thread;
  throw new ShoalError("SERVICE_UNAVAILABLE", "The store is not open.");
}

function toEvent({ data, ...event }: EventRow): StoredEvent {
  return { ...event, data: JSON.parse(data) };
}

function toStored({ epoch, snapshot, events }: TopicRow): StoredTopic {
  const { offset = 0, at = 0, state = "null" } = snapshot ?? {};
  return { epoch, snapshot: snapshot && { offset, at, state: JSON.parse(state) }, events: events.map(toEvent) };
}

function toLocked({ news, records, timers }: LockRow): LockedTopic {
  return {
    news:
      news.kind === "tail"
        ? { kind: "tail", events: news.events.map(toEvent) }
        : { kind: "reload", stored: toStored(news.topic) },
    records: records.map((record) => ({ ...record, outcome: JSON.parse(record.outcome) })),
    timers: JSON.parse(timers),
  };
}

function toRow({ topic, head, events, records, timers, snapshot }: TopicWrite): WriteRow {
  return {
    key: topic.id,
    channel: topic.channel,
    tenant: topic.tenant,
    params: JSON.stringify(topic.params),
    head,
    events: events.map((event) => ({ ...event, data: JSON.stringify(event.data) })),
    records: records.map((record) => ({ ...record, outcome: JSON.stringify(record.outcome) })),
    timers: timers && { text: JSON.stringify(timers), nextDue: nextDue(timers) },
    snapshot: snapshot && { ...snapshot, state: JSON.stringify(snapshot.state) },
  };
}
