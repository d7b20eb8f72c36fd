import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import { openShared, type Share } from "../../open-shared.ts";
import type {
  CommandKey,
  CommandRecord,
  Decide,
  LockedTopic,
  LockRequest,
  Look,
  Sql,
  SqlStatement,
  Store,
  StoredEffect,
  StoredEvent,
  StoredRevocation,
  StoredTopic,
  StoredUser,
  TopicHead,
  TopicWrite,
  TransactionOptions,
  TrimPolicy,
} from "../../store.ts";
import type { TopicRef } from "../../topic-ref.ts";
import type { Connection } from "./connection.ts";
import {
  toEffect,
  toEffectRow,
  toEvent,
  toLocked,
  toRecord,
  toRef,
  toRow,
  toStored,
  toUserTopic,
  toWritten,
} from "./convert.ts";
import { connectInMemory } from "./in-memory.ts";
import type { ReaderCalls, WriterCalls } from "./messages.ts";
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
  return new SqliteStore(`sqlite:${file}`, true, async () => {
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

/** A file that is open, with what all stores on it have to know of each other. */
interface OpenFile extends Connections {
  readonly recent: RecentWrites;
  /** One transaction at a time: the next begins when the one before it has ended. */
  last: Promise<unknown>;
}

/** What a look goes on from: who the store was, how much was written, and the place of the last revocation. */
interface Mark {
  readonly identity: string;
  readonly written: string;
  readonly revoked: number;
}

export class SqliteStore implements Store {
  readonly key: string | undefined;
  readonly durable: boolean;
  readonly sql: Sql = sqlOf((text, params) => this.#read.query(text, params));
  readonly #connect: () => Promise<Connections>;
  /** What is opened where nobody else opens the same. It is not the store, which is shared under itself by those who use it. */
  readonly #own = {};
  #share: Promise<Share<OpenFile>> | undefined;
  #file: OpenFile | undefined;
  #volatile: SqliteStore | undefined;

  /** @param key - names what is opened, for others in this process that open the same */
  constructor(key: string | undefined, durable: boolean, connect: () => Promise<Connections>) {
    this.key = key;
    this.durable = durable;
    this.#connect = connect;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when another process has the file, or it is of a newer version */
  async open(): Promise<void> {
    this.#share ??= openShared(this.key ?? this.#own, () => openFile(this.#connect), closeFile);
    try {
      this.#file = (await this.#share).value;
    } catch (error) {
      this.#share = undefined;
      throw error;
    }
  }

  /** Of a file, a store in the memory of this process. */
  volatile(): SqliteStore {
    if (!this.durable) return this;
    this.#volatile ??= new SqliteStore(`${this.key} volatile`, false, () => connectInMemory(Date.now));
    return this.#volatile;
  }

  async close(): Promise<void> {
    await this.#volatile?.close();
    await this.#file?.last;
    const share = this.#share;
    this.#share = undefined;
    this.#file = undefined;
    await (await share)?.release();
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

  async record(topic: TopicRef, { sender, commandId }: CommandKey): Promise<CommandRecord | null> {
    const row = await this.#read.record(topic.id, { sender, commandId });
    return row && toRecord(row);
  }

  async derived({ id }: TopicRef): Promise<number> {
    return await this.#read.derived(id);
  }

  async underived(channel: string, after: string | null) {
    const { topics, next } = await this.#read.underived(channel, Number(after ?? 0));
    return { topics: topics.map(toRef), next: next === null ? null : String(next) };
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

  async look(mark: string | null, channels?: readonly string[]): Promise<Look> {
    const { recent } = this.#opened;
    const next = recent.mark;
    const before = mark === null ? null : (JSON.parse(mark) as Mark);
    const found = await this.#read.look(channels ? JSON.stringify(channels) : null, before?.revoked ?? null);
    const { now, identity, topics, effects, revocations, revoked } = found;
    const changed = recent.since(before?.written ?? null, (id, generation) => epochOf(identity, id, generation));
    const renewed = before !== null && identity !== before.identity;
    return {
      mark: JSON.stringify({ identity, written: next, revoked } satisfies Mark),
      now,
      changed,
      renewed,
      due: topics.map(toRef),
      effects: effects.map(toEffect),
      revocations: revocations.map(({ revocation }) => JSON.parse(revocation)),
    };
  }

  trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    return this.#inTurn(() => this.#write.trim(channel, keep ?? null, before ?? null));
  }

  forget(before: number): Promise<number> {
    return this.#inTurn(() => this.#write.forget(before));
  }

  migrate(name: string, steps: readonly (readonly SqlStatement[])[]): Promise<void> {
    return this.#inTurn(() => this.#write.migrate(name, steps));
  }

  postpone(effect: StoredEffect): Promise<void> {
    return this.#inTurn(() => this.#write.postpone(toEffectRow(effect)));
  }

  settle(effectId: string): Promise<void> {
    return this.#inTurn(() => this.#write.settle(effectId));
  }

  revoke(revocation: StoredRevocation): Promise<void> {
    return this.#inTurn(() => this.#write.revoke(JSON.stringify(revocation)));
  }

  forgetRevocations(before: number): Promise<number> {
    return this.#inTurn(() => this.#write.forgetRevocations(before));
  }

  erase({ id }: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void> {
    const { recent } = this.#opened;
    const { begin, erase, commit, rollback, query } = this.#write;
    return this.#inTurn(async () => {
      await begin();
      try {
        const generation = await erase(id);
        await project?.(sqlOf((text, params) => query(text, params)));
        await commit();
        if (generation !== null) recent.add([{ topic: id, offset: 0, generation }]);
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

  /** The transaction begins with the first statement of the projection: one that has nothing to write costs nothing. */
  async #writeAndProject(
    writes: readonly TopicWrite[],
    now: number,
    project: (sql: Sql) => Promise<void>,
  ): Promise<void> {
    const { beginWith, write, query, commit, rollback } = this.#write;
    const rows = writes.map(toRow);
    let begun: Promise<void> | undefined;
    const projected = sqlOf(async (text, params) => {
      begun ??= beginWith(rows, now);
      // Given in one turn with what begins, so that no statement follows one whose transaction has ended meanwhile.
      const [, result] = await Promise.all([begun, query(text, params)]);
      return result;
    });
    try {
      await project(projected);
      // Where it has not begun, that is the reason, whatever the projection made of it.
      await begun;
      await (begun ? commit() : write(rows, now));
    } catch (error) {
      if (begun) await rollback();
      throw error;
    }
  }

  get #write() {
    return this.#opened.writer.call;
  }

  get #read() {
    return this.#opened.reader.call;
  }

  get #opened(): OpenFile {
    if (this.#file) return this.#file;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is not open.");
  }

  async #inTurn<R>(run: () => Promise<R>): Promise<R> {
    const file = this.#opened;
    const result = file.last.then(run);
    file.last = result.catch(() => {});
    return await result;
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
    const { recent } = this.#opened;
    const { now, topics: rows } = await this.#write.lock(calls);
    const topics = new Map<string, LockedTopic>();
    for (const [index, { topic }] of requests.entries()) {
      const row = rows[index];
      if (row) topics.set(topic.id, toLocked(row));
    }
    const writes = await decide({ now, topics, sql: sqlOf((text, params) => this.#write.read(text, params)) });
    if (writes.length === 0) return;
    if (project) await this.#writeAndProject(writes, now, project);
    else await this.#write.write(writes.map(toRow), now);
    const generations = new Map(requests.map(({ topic }, index) => [topic.id, rows[index]?.generation ?? 0]));
    recent.add(writes.flatMap((write) => toWritten(write, generations.get(write.topic.id) ?? 0)));
  }
}

async function openFile(connect: () => Promise<Connections>): Promise<OpenFile> {
  return { ...(await connect()), recent: new RecentWrites(), last: Promise.resolve() };
}

async function closeFile({ reader, writer, last }: OpenFile): Promise<void> {
  await last;
  await reader.call.close();
  await writer.call.close();
  await Promise.all([reader.stop(), writer.stop()]);
}

function sqlOf(query: Sql["query"]): Sql {
  return { dialect: "sqlite", query };
}
