import { ShoalError } from "@shoal/contract";
import { Pool } from "pg";
import { consoleLogger, type Logger, safeLogger } from "../../logger.ts";
import { openShared, type Share } from "../../open-shared.ts";
import type {
  CommandKey,
  CommandRecord,
  Decide,
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
  TransactionOptions,
  TrimPolicy,
} from "../../store.ts";
import type { TopicRef } from "../../topic-ref.ts";
import { Database } from "./database.ts";
import { Deadline } from "./deadline.ts";
import { eraseTopic } from "./erase-topic.ts";
import { Horizon } from "./horizon.ts";
import { joinedTransaction } from "./joined-transaction.ts";
import { ownTransaction } from "./own-transaction.ts";
import { addressOf, type PostgresPool } from "./pool.ts";
import type { PostgresStoreOptions } from "./postgres-store-options.ts";
import { toEpoch, toEvent, toLook, toStored, toTopic, toUserTopic } from "./rows.ts";
import { runIdentified } from "./run-identified.ts";
import { migrate, migrateTables } from "./schema.ts";
import type { Parameter, Row, Statement } from "./session.ts";
import { type Statements, statementsFor } from "./statements.ts";
import { fromText, toText, toTexts } from "./text.ts";
import { TopicRows } from "./topic-rows.ts";
import { Turns } from "./turns.ts";

/** What stores on one pool have together. Whoever waits for a lock has a connection meanwhile; half of them stay free for the others. */
interface Opened {
  readonly database: Database;
  readonly turns: Turns;
}

/** How long a connection is waited for. */
const connectMs = 2_000;
/** A migration may wait for another node's, and cleaning up may be slow: nobody waits for either. */
const patientMs = 60_000;
const mostDue = 1_000;
const batch = 1_000;
/** Postgres cuts longer names off, in bytes. */
const longestName = 63;

/**
 * What a look goes on from. A server that crashed gives out transaction ids again of which nothing was on its disk, so what a snapshot
 * says of them holds only as long as no connection broke.
 */
interface Mark {
  readonly identity: string;
  readonly snapshot: string;
  readonly breaks: number;
  /** By the store's clock. */
  readonly at: number;
}

/**
 * Keeps everything in a schema of a Postgres database, for any number of nodes. An acknowledged command is committed with
 * `synchronous_commit` on, or stronger where the server says so. Postgres 13 or newer.
 */
export function createPostgresStore(options: PostgresStoreOptions = {}): Store {
  return new PostgresStore(options);
}

class PostgresStore implements Store {
  readonly key: string;
  readonly durable: boolean;
  readonly sql: Sql = {
    dialect: "postgres",
    query: async (text, params) =>
      await this.#open.use(new Deadline(this.#timeoutMs), (connection) => connection.read(text, params)),
  };
  readonly #options: PostgresStoreOptions;
  readonly #schema: string;
  readonly #timeoutMs: number;
  readonly #statements: Statements;
  readonly #topicRows: TopicRows;
  readonly #horizon = new Horizon();
  /** By what the pool is shared with others in this process. */
  readonly #pool: unknown;
  #share: Share<Opened> | undefined;
  #volatile: PostgresStore | undefined;

  constructor(options: PostgresStoreOptions, main?: PostgresStore) {
    this.durable = !main;
    this.#options = options;
    this.#schema = options.schema ?? "shoal";
    this.key = `postgres:${addressOf(options.pool?.options ?? options)} ${JSON.stringify(this.#schema)}`;
    this.#pool = main ? main.#pool : (options.pool ?? `${this.key} ${this.#connections}`);
    this.#timeoutMs = options.timeoutMs ?? 4_000;
    this.#statements = statementsFor(this.#schema, this.durable);
    this.#topicRows = new TopicRows(this.#statements);
  }

  /** @throws {ShoalError} `BAD_REQUEST` when the schema's name is too long to be made longer */
  volatile(): PostgresStore {
    if (!this.durable) return this;
    const schema = `${this.#schema}_volatile`;
    if (Buffer.byteLength(schema) > longestName) {
      const message = `A schema that holds volatile channels has a name of at most ${longestName} bytes, and "${schema}" is longer.`;
      throw new ShoalError("BAD_REQUEST", `${message} Give the store a shorter \`schema\`.`);
    }
    this.#volatile ??= new PostgresStore({ ...this.#options, schema }, this);
    return this.#volatile;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` also when the schema is of a newer version, or the server too old */
  async open(): Promise<void> {
    if (this.#share) return;
    const logger = safeLogger(this.#options.logger ?? consoleLogger);
    const share = await openShared(
      this.#pool,
      async () => this.#newOpened(logger),
      (opened) => opened.database.close(),
    );
    const { database } = share.value;
    try {
      const fsync = await database.use(new Deadline(patientMs), (connection) =>
        migrate(connection, this.#schema, this.durable),
      );
      if (this.durable && fsync !== "on") {
        logger.warn(
          { fsync },
          "Postgres runs with fsync off: a crash of its machine can lose or destroy what it keeps",
        );
      }
    } catch (error) {
      await share.release();
      throw error;
    }
    this.#share = share;
  }

  async close(): Promise<void> {
    await this.#volatile?.close();
    const share = this.#share;
    this.#share = undefined;
    await share?.release();
  }

  async load(topic: TopicRef): Promise<StoredTopic> {
    return toStored(topic, await this.#runIdentified(this.#statements.load, [topic.id]));
  }

  async read(topic: TopicRef, from: number, to: number, epoch?: string): Promise<readonly StoredEvent[]> {
    const rows = await this.#run(this.#statements.read, [topic.id, String(from), String(to)]);
    const [first] = rows;
    return first && epoch !== undefined && epoch !== toEpoch(first, topic.id) ? [] : rows.map(toEvent);
  }

  async head(topic: TopicRef): Promise<TopicHead> {
    const [row] = await this.#runIdentified(this.#statements.head, [topic.id]);
    return { epoch: toEpoch(row, topic.id), offset: Number(row?.offset ?? 0) };
  }

  async record(topic: TopicRef, { sender, commandId }: CommandKey): Promise<CommandRecord | null> {
    const [row] = await this.#run(this.#statements.record, [topic.id, toText(sender), toText(commandId)]);
    if (!row) return null;
    const { digest, outcome, version } = row;
    return {
      sender,
      commandId,
      digest: fromText(String(digest)),
      outcome: JSON.parse(String(outcome)),
      version: Number(version),
    };
  }

  async derived({ id }: TopicRef): Promise<number> {
    const [row] = await this.#run(this.#statements.derived, [id]);
    return Number(row?.derived ?? 0);
  }

  async underived(channel: string, after: string | null) {
    const rows = await this.#run(this.#statements.underived, [toText(channel), after ?? "0", String(batch)], patientMs);
    const last = rows.at(-1);
    return { topics: rows.map(toTopic), next: last ? String(last.id) : null };
  }

  async transaction(requests: readonly LockRequest[], decide: Decide, options: TransactionOptions = {}): Promise<void> {
    const { within: executor, wait = false, project } = options;
    const deadline = new Deadline(this.#timeoutMs);
    const shared = {
      database: this.#open,
      statements: this.#statements,
      topicRows: this.#topicRows,
      durable: this.durable,
      deadline,
      project,
    };
    if (executor) return await joinedTransaction({ ...shared, executor, lockMs: this.#timeoutMs }, requests, decide);
    const run = () => ownTransaction({ ...shared, schema: this.#schema, wait }, requests, decide);
    return wait ? await this.#opened.turns.take(deadline, run) : await run();
  }

  async look(mark: string | null, channels?: readonly string[]): Promise<Look> {
    const { breaks } = this.#open;
    const before = mark === null ? undefined : (JSON.parse(mark) as Mark);
    const served = channels ? toTexts(channels.map(toText)) : null;
    const parameters = [before?.snapshot ?? null, String(mostDue), served];
    const [row = {}] = await this.#runIdentified(this.#statements.look, parameters);
    const { identity, snapshot } = row;
    this.#horizon.saw(String(snapshot));
    const renewed = before !== undefined && identity !== before.identity;
    const missed = renewed || (before !== undefined && (row.late === true || breaks !== before.breaks));
    const look = toLook(missed ? { ...row, ...(await this.#lookAtAll(before.at)) } : row);
    return { ...look, renewed, mark: JSON.stringify({ identity, snapshot, breaks, at: look.now }) };
  }

  trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    return this.#count(this.#statements.trim, [toText(channel), toOptional(keep), toOptional(before), String(batch)]);
  }

  async forget(before: number): Promise<number> {
    await this.#forgetChanges();
    return await this.#count(this.#statements.forget, [String(before), String(batch)]);
  }

  async migrate(name: string, steps: readonly (readonly SqlStatement[])[]): Promise<void> {
    await this.#open.use(new Deadline(patientMs), (connection) => migrateTables(connection, this.#schema, name, steps));
  }

  async postpone({ id, due, attempts, status }: StoredEffect): Promise<void> {
    await this.#run(this.#statements.postpone, [toText(id), String(due), String(attempts), status]);
  }

  async revoke(revocation: StoredRevocation): Promise<void> {
    await this.#open.use(new Deadline(this.#timeoutMs), async (connection) => {
      await connection.begin("SET LOCAL synchronous_commit TO on");
      await connection.run(this.#statements.revoke, [JSON.stringify(revocation)]);
      await connection.commit();
    });
  }

  forgetRevocations(before: number): Promise<number> {
    return this.#count(this.#statements.forgetRevocations, [String(before), String(batch)]);
  }

  async settle(effectId: string): Promise<void> {
    await this.#run(this.#statements.settle, [toText(effectId)]);
  }

  async erase({ id }: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void> {
    const deadline = new Deadline(this.#timeoutMs);
    const run = () =>
      this.#open.use(deadline, (connection) => eraseTopic(connection, this.#statements, deadline, id, project));
    await this.#opened.turns.take(deadline, run);
  }

  async findUser({ id, sender, tenant }: StoredUser, after: string | null) {
    const user = [tenant === null ? null : toText(tenant), toText(id), toText(sender), JSON.stringify(id)];
    const parameters = [after ?? "0", ...user, String(batch)];
    const rows = await this.#runIdentified(this.#statements.findUser, parameters, patientMs);
    const last = rows[0]?.last ?? null;
    const found = rows.filter(({ channel }) => channel !== null);
    return { found: found.map(toUserTopic), next: last === null ? null : String(last) };
  }

  forgetUser({ sender, tenant }: StoredUser): Promise<number> {
    const values = [toText(sender), tenant === null ? null : toText(tenant), String(batch)];
    return this.#count(this.#statements.forgetUser, values);
  }

  async newEpoch(): Promise<void> {
    await this.#open.use(new Deadline(this.#timeoutMs), async (connection) => {
      await connection.begin("SET LOCAL synchronous_commit TO on");
      await connection.run(this.#statements.renewIdentity, []);
      await connection.commit();
    });
  }

  get #opened(): Opened {
    if (this.#share) return this.#share.value;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is not open.");
  }

  get #open(): Database {
    return this.#opened.database;
  }

  get #connections(): number {
    return this.#options.pool?.options?.max ?? this.#options.connections ?? 10;
  }

  #newOpened(logger: Pick<Logger, "warn">): Opened {
    const { pool } = this.#options;
    const database = new Database({ pool: pool ?? this.#newPool(), owned: !pool, connectMs, logger });
    return { database, turns: new Turns(Math.max(1, Math.floor(this.#connections / 2))) };
  }

  #newPool(): PostgresPool {
    const { connectionString } = this.#options;
    const settings = {
      max: this.#connections,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      allowExitOnIdle: true,
      pipeline: true,
    };
    return new Pool(connectionString === undefined ? settings : { ...settings, connectionString });
  }

  #run(statement: Statement, parameters: readonly Parameter[], ms = this.#timeoutMs): Promise<readonly Row[]> {
    return this.#open.use(new Deadline(ms), (connection) => connection.run(statement, parameters));
  }

  #runIdentified(
    statement: Statement,
    parameters: readonly Parameter[],
    ms = this.#timeoutMs,
  ): Promise<readonly Row[]> {
    return this.#open.use(new Deadline(ms), (connection) =>
      runIdentified(connection, this.#statements, statement, parameters),
    );
  }

  async #count(statement: Statement, parameters: readonly Parameter[]): Promise<number> {
    const [row] = await this.#run(statement, parameters, patientMs);
    return Number(row?.count);
  }

  /** Every topic, and what was revoked since shortly before the last look: a transaction ends some time after it wrote. */
  async #lookAtAll(since: number): Promise<Row> {
    const [topics] = await this.#run(this.#statements.lookAtAll, []);
    const [revoked] = await this.#run(this.#statements.lookAtRevocations, [String(since - patientMs)]);
    return { ...topics, ...revoked };
  }

  /** Deletes what changed a while ago. Who has not looked since is told of every topic. */
  async #forgetChanges(): Promise<void> {
    const snapshot = this.#horizon.pass();
    if (snapshot !== undefined) await this.#run(this.#statements.forgetChanges, [snapshot], patientMs);
  }
}

function toOptional(value: number | undefined): string | null {
  return value === undefined ? null : String(value);
}
