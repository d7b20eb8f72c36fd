import { DatabaseSync, type StatementSync } from "node:sqlite";
import { failpoint } from "#failpoint";
import { epochOf } from "../../epoch.ts";
import type { SqlResult, StoredUser } from "../../store.ts";
import { emptyLog } from "./empty-log.ts";
import { lockFile } from "./lock-file.ts";
import type { EffectRow, LockCall, LockRow, WriteRow, WriterCalls } from "./messages.ts";
import { query, readOnly } from "./query.ts";
import { Redactor } from "./redactor.ts";
import { Rows } from "./rows.ts";
import { migrate, migrateTables, renewIdentity } from "./schema.ts";

const trimBatch = 1_000;

/** A topic that nobody wrote to. */
const unwritten = { id: 0, offset: 0, first: 1, timers: "[]", generation: 0, derived: 0 };

/**
 * The one connection that writes to a file. It locks the file against a second Shoal, brings it to this code's version, and commits
 * with `synchronous=FULL`, so that what was answered is on the disk.
 */
export function openWriter(path: string): WriterCalls {
  const unlock = lockFile(path);
  try {
    const database = new DatabaseSync(path, { timeout: 5_000 });
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
    const calls = createWriter(database, Date.now);
    return { ...calls, close: () => void [calls.close(), unlock()] };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** What is asked of the connection that writes, whichever it is. */
export function createWriter(database: DatabaseSync, now: () => number): WriterCalls {
  migrate(database);
  const writer = new Writer(database, now);
  return {
    pragmas: () => writer.pragmas(),
    lock: (requests) => writer.lock(requests),
    write: (writes, at) => writer.write(writes, at),
    begin: () => writer.begin(),
    beginWith: (writes, at) => writer.beginWith(writes, at),
    query: (sql, params) => writer.query(sql, params),
    read: (sql, params) => readOnly(database, sql, params),
    commit: () => writer.commit(),
    rollback: () => writer.rollback(),
    migrate: (name, steps) => migrateTables(database, name, steps),
    trim: (channel, keep, before) => writer.trim(channel, keep, before),
    forget: (before) => writer.forget(before),
    postpone: (effect) => writer.postpone(effect),
    settle: (effectId) => writer.settle(effectId),
    revoke: (revocation) => writer.revoke(revocation),
    forgetRevocations: (before) => writer.forgetRevocations(before),
    erase: (key) => writer.erase(key),
    forgetUser: (user) => writer.forgetUser(user),
    newEpoch: () => void renewIdentity(database),
    close: () => database.close(),
  };
}

class Writer {
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #rows: Rows;
  readonly #addTopic: StatementSync;
  readonly #moveTopic: StatementSync;
  readonly #setTimers: StatementSync;
  readonly #setDerived: StatementSync;
  readonly #addEvent: StatementSync;
  readonly #addRecord: StatementSync;
  readonly #setSnapshot: StatementSync;
  readonly #addEffect: StatementSync;
  readonly #settleEffect: StatementSync;
  readonly #redactor: Redactor;
  readonly #renewTopic: StatementSync;
  /** The topics of the transaction that is under way, as its lock found them. */
  readonly #locked = new Map<string, { readonly id: number; readonly offset: number }>();

  constructor(database: DatabaseSync, now: () => number) {
    this.#database = database;
    this.#now = now;
    this.#rows = new Rows(database);
    this.#addTopic = database.prepare(
      `INSERT INTO topics (key, channel, tenant, params, "offset", at, first, timers) VALUES (?, ?, ?, ?, 0, 0, 1, '[]')`,
    );
    this.#moveTopic = database.prepare(`UPDATE topics SET "offset" = ?, at = ? WHERE id = ?`);
    this.#setTimers = database.prepare("UPDATE topics SET timers = ?, next_due = ? WHERE id = ?");
    this.#setDerived = database.prepare("UPDATE topics SET derived = ? WHERE id = ?");
    this.#addEvent = database.prepare(
      `INSERT INTO events (topic, "offset", at, type, data, secret, command_id, user_id, version, redacts)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#addRecord = database.prepare(
      "INSERT INTO records (topic, sender, command_id, digest, outcome, at, version) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#addEffect = database.prepare(
      `INSERT INTO effects (id, source, channel, tenant, params, command, input, due, attempts, status, version)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#settleEffect = database.prepare("DELETE FROM effects WHERE id = ?");
    this.#redactor = new Redactor(database);
    this.#renewTopic = database.prepare("UPDATE topics SET generation = generation + 1, derived = 0 WHERE id = ?");
    this.#setSnapshot = database.prepare(
      `INSERT INTO snapshots (topic, "offset", at, state, version) VALUES (?, ?, ?, ?, ?) ON CONFLICT (topic)
       DO UPDATE SET "offset" = excluded."offset", at = excluded.at, state = excluded.state, version = excluded.version
       WHERE snapshots."offset" <= excluded."offset"`,
    );
  }

  pragmas(): ReturnType<WriterCalls["pragmas"]> {
    const journal = this.#database.prepare("PRAGMA journal_mode").get();
    const synchronous = this.#database.prepare("PRAGMA synchronous").get();
    return { journalMode: String(journal?.journal_mode), synchronous: Number(synchronous?.synchronous) };
  }

  /** No lock is taken: this connection is the only one that writes, and its owner asks for one transaction at a time. */
  lock(requests: readonly LockCall[]): ReturnType<WriterCalls["lock"]> {
    this.#locked.clear();
    const topics = this.#readTogether(() => {
      const identity = this.#rows.identity();
      return requests.map((request) => this.#lockTopic(request, identity));
    });
    return { now: this.#now(), topics };
  }

  /** One look at the file for many statements, which is cheaper than one for each. */
  #readTogether<R>(run: () => R): R {
    this.#database.exec("BEGIN");
    try {
      return run();
    } finally {
      this.rollback();
    }
  }

  #lockTopic({ key, known, commands }: LockCall, identity: string): LockRow {
    const topic = this.#rows.topic(key) ?? unwritten;
    const { timers, generation, derived } = topic;
    const epoch = epochOf(identity, key, generation);
    this.#locked.set(key, topic);
    const records = commands.flatMap((command) => this.#rows.record(topic.id, command) ?? []);
    const follows = known.epoch === epoch && known.offset <= topic.offset && topic.first <= known.offset + 1;
    const reload = (): LockRow => ({
      news: { kind: "reload", topic: this.#rows.whole(key) },
      records,
      timers,
      derived,
      generation,
    });
    if (!follows) return reload();
    const events = topic.offset > known.offset ? this.#rows.events(topic.id, known.offset + 1) : [];
    if (events.some(({ redacted }) => redacted !== 0)) return reload();
    return { news: { kind: "tail", events }, records, timers, derived, generation };
  }

  write(writes: readonly WriteRow[], now: number): void {
    this.#transact(() => this.#writeAll(writes, now));
  }

  begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
  }

  beginWith(writes: readonly WriteRow[], now: number): void {
    this.begin();
    try {
      this.#writeAll(writes, now);
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  query(sql: string, params: readonly unknown[]): SqlResult {
    if (!this.#database.isTransaction) throw new Error("The transaction of this statement has ended.");
    return query(this.#database, sql, params);
  }

  #writeAll(writes: readonly WriteRow[], now: number): void {
    for (const write of writes) this.#writeTopic(write, now);
  }

  commit(): void {
    failpoint("before-commit");
    this.#database.exec("COMMIT");
    failpoint("after-commit");
  }

  /** A disk that is full or cannot be read ends a transaction by itself, so it is rolled back only where there still is one. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }

  trim(channel: string, keep: number | null, before: number | null): number {
    const candidates = this.#database.prepare(
      `SELECT t.id, t.first, t."offset", s."offset" AS covered FROM topics t JOIN snapshots s ON s.topic = t.id
       WHERE t.channel = ?1 AND t.first <= s."offset" AND (t.first <= t."offset" - ?2 OR EXISTS (
         SELECT 1 FROM events e WHERE e.topic = t.id AND e."offset" = t.first AND e.at < ?3)) LIMIT 100`,
    );
    const old = this.#database.prepare(
      `SELECT max("offset") AS last FROM events WHERE topic = ? AND "offset" BETWEEN ? AND ? AND at < ?`,
    );
    const remove = this.#database.prepare(`DELETE FROM events WHERE topic = ? AND "offset" BETWEEN ? AND ?`);
    const move = this.#database.prepare("UPDATE topics SET first = ? WHERE id = ?");
    return this.#transact(() => {
      let deleted = 0;
      const found = candidates.all(channel, keep ?? Number.MAX_SAFE_INTEGER, before ?? -1) as unknown as Candidate[];
      for (const { id, first, offset, covered } of found) {
        const end = Math.min(covered, first + trimBatch - deleted - 1);
        if (end < first) break;
        const beyond = keep === null ? 0 : offset - keep;
        const aged =
          before === null ? 0 : Number((old.get(id, first, end, before) as { last: number | null }).last ?? 0);
        const last = Math.min(end, Math.max(beyond, aged));
        deleted += Number(remove.run(id, first, last).changes);
        move.run(last + 1, id);
      }
      return deleted;
    });
  }

  /**
   * Records lie in the order of their times, so the oldest are looked at and nothing else. After the last of them the log ahead of the file
   * is emptied.
   */
  forget(before: number): number {
    const remove = this.#database.prepare(
      "DELETE FROM records WHERE place IN (SELECT place FROM records ORDER BY place LIMIT ?) AND at < ?",
    );
    const forgotten = this.#transact(() => Number(remove.run(trimBatch, before).changes));
    if (forgotten < trimBatch) emptyLog(this.#database);
    return forgotten;
  }

  erase(key: string): number | null {
    const topic = this.#rows.topic(key);
    if (!topic) return null;
    for (const table of ["events", "snapshots", "records"]) {
      this.#database.prepare(`DELETE FROM ${table} WHERE topic = ?`).run(topic.id);
    }
    this.#database.prepare("DELETE FROM effects WHERE source = ?").run(key);
    const generation = topic.generation + 1;
    const clear = `UPDATE topics SET "offset" = 0, at = 0, first = 1, next_due = NULL, timers = '[]', derived = 0, generation = ? WHERE id = ?`;
    this.#database.prepare(clear).run(generation, topic.id);
    return generation;
  }

  forgetUser({ sender, tenant }: StoredUser): number {
    const remove = this.#database.prepare(
      `DELETE FROM records WHERE place IN (SELECT r.place FROM records r JOIN topics t ON t.id = r.topic
       WHERE r.sender = ? AND t.tenant IS ? LIMIT ?)`,
    );
    return this.#transact(() => Number(remove.run(sender, tenant, trimBatch).changes));
  }

  postpone({ id, due, attempts, status }: EffectRow): void {
    const update = this.#database.prepare("UPDATE effects SET due = ?, attempts = ?, status = ? WHERE id = ?");
    const drop = this.#database.prepare("DELETE FROM effects WHERE id = ? AND redacted AND status = 'parked'");
    this.#transact(() => void [update.run(due, attempts, status, id), drop.run(id)]);
  }

  settle(effectId: string): void {
    this.#settleEffect.run(effectId);
  }

  revoke(revocation: string): void {
    this.#database.prepare("INSERT INTO revocations (revocation, at) VALUES (?, ?)").run(revocation, this.#now());
  }

  /** They lie in the order of their times. */
  forgetRevocations(before: number): number {
    const remove = this.#database.prepare(
      "DELETE FROM revocations WHERE place IN (SELECT place FROM revocations ORDER BY place LIMIT ?) AND at < ?",
    );
    return this.#transact(() => Number(remove.run(trimBatch, before).changes));
  }

  #insertEffect(effect: EffectRow): void {
    const { id, source, channel, tenant, params, command, input, due, attempts, status, version } = effect;
    this.#addEffect.run(id, source, channel, tenant, params, command, input, due, attempts, status, version);
  }

  #writeTopic(write: WriteRow, now: number): void {
    const { key, channel, tenant, params, head, events, records, timers, snapshot, effects, settled } = write;
    const known = this.#locked.get(key);
    const id = known?.id || Number(this.#addTopic.run(key, channel, tenant, params).lastInsertRowid);
    let offset = known?.offset ?? 0;
    for (const event of events) {
      offset += 1;
      if (event.offset !== offset) throw new Error(`Event ${event.offset} of ${key} would leave a hole in its log.`);
      const { at, type, data, secret, commandId, userId, version, redacts } = event;
      this.#addEvent.run(id, offset, at, type, data, secret, commandId, userId, version, redacts);
    }
    for (const { sender, commandId, digest, outcome, version } of records) {
      this.#addRecord.run(id, sender, commandId, digest, outcome, now, version);
    }
    if (events.length > 0) this.#moveTopic.run(head.offset, head.at, id);
    if (timers) this.#setTimers.run(timers.text, timers.nextDue, id);
    if (snapshot) this.#setSnapshot.run(id, snapshot.offset, snapshot.at, snapshot.state, snapshot.version);
    if (write.derived !== null) this.#setDerived.run(write.derived, id);
    for (const effect of effects) this.#insertEffect(effect);
    for (const effect of settled) this.#settleEffect.run(effect);
    for (const redaction of write.redactions) this.#redactor.redact(id, redaction);
    if (write.newEpoch) this.#renewTopic.run(id);
  }

  /** All or nothing. */
  #transact<R>(run: () => R): R {
    this.begin();
    try {
      const result = run();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }
}

interface Candidate {
  readonly id: number;
  readonly first: number;
  readonly offset: number;
  readonly covered: number;
}
