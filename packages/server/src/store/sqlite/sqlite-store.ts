import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import {
  type Decide,
  type LockedTopic,
  type LockRequest,
  type Look,
  nextDue,
  type Sql,
  type Store,
  type StoredEffect,
  type StoredEvent,
  type StoredTopic,
  type StoredUser,
  type TopicHead,
  type TopicWrite,
  type TransactionOptions,
  type TrimPolicy,
  type UserTopic,
} from "../../store.ts";
import { type TopicRef, topicRef } from "../../topic-ref.ts";
import type { Connection } from "./connection.ts";
import type {
  EffectRow,
  EventRow,
  LockRow,
  ReaderCalls,
  TopicRow,
  UserTopicRow,
  WriteRow,
  WriterCalls,
} from "./messages.ts";
import { RecentWrites } from "./recent-writes.ts";
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
  const file = resolve(path);
  return new SqliteStore(true, async () => {
    await mkdir(dirname(file), { recursive: true });
    const writer = await Thread.start<WriterCalls>("writer", file);
    try {
      return { writer, reader: await Thread.start<ReaderCalls>("reader", file) };
    } catch (error) {
      await writer.stop();
      throw error;
    }
  });
}

/** The two connections of a store. */
interface Connections {
  readonly writer: Connection<WriterCalls>;
  readonly reader: Connection<ReaderCalls>;
}

export class SqliteStore implements Store {
  readonly durable: boolean;
  readonly sql: Sql = sqlOf((text, params) => this.#read.query(text, params));
  readonly #connect: () => Promise<Connections>;
  #connections: Connections | undefined;
  readonly #recent = new RecentWrites();
  /** One transaction at a time: the next begins when the one before it has ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(durable: boolean, connect: () => Promise<Connections>) {
    this.durable = durable;
    this.#connect = connect;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when another process has the file, or it is of a newer version */
  async open(): Promise<void> {
    this.#connections ??= await this.#connect();
  }

  async close(): Promise<void> {
    await this.#last;
    const connections = this.#connections;
    if (!connections) return;
    this.#connections = undefined;
    const { reader, writer } = connections;
    await reader.call.close();
    await writer.call.close();
    await Promise.all([reader.stop(), writer.stop()]);
  }

  /** What the writing connection really runs with. */
  async pragmas(): Promise<{ readonly journalMode: string; readonly synchronous: number }> {
    return await this.#write.pragmas();
  }

  async load(topic: TopicRef): Promise<StoredTopic> {
    return toStored(await this.#read.load(topic.id));
  }

  async read(topic: TopicRef, from: number, to: number, epoch?: string): Promise<readonly StoredEvent[]> {
    return (await this.#read.read(topic.id, from, to, epoch)).map(toEvent);
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
    return this.#inTurn(() => this.#transact(requests, decide, options.project));
  }

  async look(mark: string | null): Promise<Look> {
    const next = this.#recent.mark;
    const { now, identity, topics, effects } = await this.#read.look();
    const due = topics.map(({ channel, tenant, params }) => topicRef(channel, tenant, JSON.parse(params)));
    const changed = this.#recent.since(mark, (id, generation) => epochOf(identity, id, generation));
    return { mark: next, now, changed, due, effects: effects.map(toEffect) };
  }

  trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    return this.#inTurn(() => this.#write.trim(channel, keep ?? null, before ?? null));
  }

  forget(before: number): Promise<number> {
    return this.#inTurn(() => this.#write.forget(before));
  }

  migrate(name: string, steps: readonly (readonly string[])[]): Promise<void> {
    return this.#inTurn(() => this.#write.migrate(name, steps));
  }

  postpone(effect: StoredEffect): Promise<void> {
    return this.#inTurn(() => this.#write.postpone(toEffectRow(effect)));
  }

  erase({ id }: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void> {
    const { begin, erase, commit, rollback, query } = this.#write;
    return this.#inTurn(async () => {
      await begin();
      try {
        const generation = await erase(id);
        await project?.(sqlOf((text, params) => query(text, params)));
        await commit();
        if (generation !== null) this.#recent.add([{ topic: id, offset: 0, generation }]);
      } catch (error) {
        await rollback();
        throw error;
      }
    });
  }

  async findUser(user: StoredUser, after: string | null) {
    const { found, next } = await this.#read.findUser(user, Number(after ?? 0));
    return { found: found.map(toUserTopic), next: next === null ? null : String(next) };
  }

  forgetUser(user: StoredUser): Promise<number> {
    return this.#inTurn(() => this.#write.forgetUser(user));
  }

  newEpoch(): Promise<void> {
    return this.#inTurn(() => this.#write.newEpoch());
  }

  async #writeAndProject(writes: readonly TopicWrite[], now: number, project: () => Promise<void>): Promise<void> {
    const { begin, add, commit, rollback } = this.#write;
    await begin();
    try {
      await add(writes.map(toRow), now);
      await project();
      await commit();
    } catch (error) {
      await rollback();
      throw error;
    }
  }

  get #write() {
    return this.#opened.writer.call;
  }

  get #read() {
    return this.#opened.reader.call;
  }

  get #opened(): Connections {
    if (this.#connections) return this.#connections;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is not open.");
  }

  #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => {});
    return result;
  }

  async #transact(
    requests: readonly LockRequest[],
    decide: Decide,
    project: TransactionOptions["project"],
  ): Promise<void> {
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
    const sql = sqlOf((text, params) => this.#write.query(text, params));
    const writes = await decide({ now, topics, sql });
    if (writes.length === 0) return;
    if (project) await this.#writeAndProject(writes, now, () => project(sql));
    else await this.#write.write(writes.map(toRow), now);
    const generations = new Map(requests.map(({ topic }, index) => [topic.id, rows[index]?.generation ?? 0]));
    this.#recent.add(writes.flatMap((write) => toWritten(write, generations.get(write.topic.id) ?? 0)));
  }
}

function sqlOf(query: Sql["query"]): Sql {
  return { dialect: "sqlite", query };
}

function toEvent({ data, secret, redacts, redacted, ...row }: EventRow): StoredEvent {
  return {
    ...row,
    data: JSON.parse(data),
    secret: secret === null ? null : JSON.parse(secret),
    ...(redacts !== null && { redacts: JSON.parse(redacts) }),
    ...(redacted !== 0 && { redacted: true }),
  };
}

function toEventRow({ redacted, ...event }: StoredEvent): EventRow {
  return {
    ...event,
    data: JSON.stringify(event.data),
    secret: event.secret === null ? null : JSON.stringify(event.secret),
    redacts: event.redacts ? JSON.stringify(event.redacts) : null,
    redacted: redacted ? 1 : 0,
  };
}

/** What others are to be told of a write; nothing where no event is new. */
function toWritten({ topic, head, events, newEpoch }: TopicWrite, generation: number) {
  if (events.length === 0 && !newEpoch) return [];
  return [{ topic: topic.id, offset: head.offset, generation: newEpoch ? generation + 1 : generation }];
}

function toUserTopic({ channel, tenant, params, epoch, offsets }: UserTopicRow): UserTopic {
  return { topic: topicRef(channel, tenant, JSON.parse(params)), epoch, events: JSON.parse(offsets) };
}

function toEffect({ channel, tenant, params, input, ...effect }: EffectRow): StoredEffect {
  return { ...effect, target: topicRef(channel, tenant, JSON.parse(params)), input: JSON.parse(input) };
}

function toEffectRow({ target, input, ...effect }: StoredEffect): EffectRow {
  const { channel, tenant, params } = target;
  return { ...effect, channel, tenant, params: JSON.stringify(params), input: JSON.stringify(input) };
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

function toRow(write: TopicWrite): WriteRow {
  const { topic, head, events, records, timers, snapshot, effects = [], settled = [], redactions = [] } = write;
  return {
    key: topic.id,
    channel: topic.channel,
    tenant: topic.tenant,
    params: JSON.stringify(topic.params),
    head,
    events: events.map(toEventRow),
    records: records.map((record) => ({ ...record, outcome: JSON.stringify(record.outcome) })),
    timers: timers && { text: JSON.stringify(timers), nextDue: nextDue(timers) },
    snapshot: snapshot && { ...snapshot, state: JSON.stringify(snapshot.state) },
    effects: effects.map(toEffectRow),
    settled,
    redactions,
    newEpoch: write.newEpoch === true,
  };
}
