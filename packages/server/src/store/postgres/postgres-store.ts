import { ShoalError } from "@shoal/contract";
import { Pool } from "pg";
import { epochOf } from "../../epoch.ts";
import { consoleLogger, type Logger } from "../../logger.ts";
import type {
  Decide,
  LockRequest,
  Look,
  Sql,
  Store,
  StoredEffect,
  StoredEvent,
  StoredTopic,
  StoredUser,
  TopicHead,
  TransactionOptions,
  TrimPolicy,
  UserTopic,
} from "../../store.ts";
import type { TopicRef } from "../../topic-ref.ts";
import { Database } from "./database.ts";
import { Deadline } from "./deadline.ts";
import { eraseTopic } from "./erase-topic.ts";
import { Horizon } from "./horizon.ts";
import { joinedTransaction } from "./joined-transaction.ts";
import { ownTransaction } from "./own-transaction.ts";
import type { PostgresPool } from "./pool.ts";
import { type EffectColumns, toEffect, toEvent, toList, toRef, toStored } from "./rows.ts";
import { migrate, migrateTables } from "./schema.ts";
import type { Parameter, Row, Statement } from "./session.ts";
import { type Statements, statementsFor } from "./statements.ts";
import { toText } from "./text.ts";
import { TopicRows } from "./topic-rows.ts";
import { Turns } from "./turns.ts";

export interface PostgresStoreOptions {
  /**
   * Where Postgres is: `postgres://user:password@host:5432/database`. The store then has a pool of its own.
   * @default what the environment says in `PGHOST`, `PGUSER` and so on
   */
  readonly connectionString?: string;
  /** A pool of the application instead, which the store uses and does not end. */
  readonly pool?: PostgresPool;
  /**
   * How many connections the store's own pool has.
   * @default 10
   */
  readonly connections?: number;
  /**
   * The Postgres schema that holds the tables. It is made when it is missing; one role needs the right to do so.
   * @default "shoal"
   */
  readonly schema?: string;
  /**
   * After how long a call fails as retryable when Postgres does not answer or a lock is not had, in milliseconds.
   * @default 4000
   */
  readonly timeoutMs?: number;
  /**
   * Where warnings go.
   * @default one JSON line each on standard error
   */
  readonly logger?: Pick<Logger, "warn">;
}

/** How long a connection is waited for. */
const connectMs = 2_000;
/** A migration may wait for another node's, and cleaning up may be slow: nobody waits for either. */
const patientMs = 60_000;
const mostDue = 1_000;
const batch = 1_000;

/**
 * Keeps everything in a schema of a Postgres database, for any number of nodes. An acknowledged command is committed with
 * `synchronous_commit` on, or stronger where the server says so. Postgres 13 or newer.
 */
export function createPostgresStore(options: PostgresStoreOptions = {}): Store {
  return new PostgresStore(options);
}

class PostgresStore implements Store {
  readonly durable = true;
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
  readonly #turns: Turns;
  readonly #horizon = new Horizon();
  #database: Database | undefined;

  constructor(options: PostgresStoreOptions) {
    this.#options = options;
    this.#schema = options.schema ?? "shoal";
    this.#timeoutMs = options.timeoutMs ?? 4_000;
    this.#statements = statementsFor(this.#schema);
    this.#topicRows = new TopicRows(this.#statements);
    // Whoever waits for a lock has a connection meanwhile; half of them stay free for the others.
    const connections = options.pool?.options?.max ?? options.connections ?? 10;
    this.#turns = new Turns(Math.max(1, Math.floor(connections / 2)));
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` also when the schema is of a newer version, or the server too old */
  async open(): Promise<void> {
    const { logger = consoleLogger } = this.#options;
    const pool = this.#options.pool ?? this.#newPool();
    const database = new Database({ pool, owned: !this.#options.pool, connectMs, logger });
    try {
      const fsync = await database.use(new Deadline(patientMs), (connection) => migrate(connection, this.#schema));
      if (fsync !== "on") {
        logger.warn(
          { fsync },
          "Postgres runs with fsync off: a crash of its machine can lose or destroy what it keeps",
        );
      }
    } catch (error) {
      await database.close();
      throw error;
    }
    this.#database = database;
  }

  async close(): Promise<void> {
    await this.#database?.close();
  }

  async load(topic: TopicRef): Promise<StoredTopic> {
    return toStored(topic, await this.#run(this.#statements.load, [topic.id]));
  }

  async read(topic: TopicRef, from: number, to: number, epoch?: string): Promise<readonly StoredEvent[]> {
    const rows = await this.#run(this.#statements.read, [topic.id, String(from), String(to)]);
    const [first] = rows;
    return first && epoch !== undefined && epoch !== toEpoch(first, topic.id) ? [] : rows.map(toEvent);
  }

  async head(topic: TopicRef): Promise<TopicHead> {
    const [row] = await this.#run(this.#statements.head, [topic.id]);
    return { epoch: toEpoch(row, topic.id), offset: Number(row?.offset ?? 0) };
  }

  async transaction(requests: readonly LockRequest[], decide: Decide, options: TransactionOptions = {}): Promise<void> {
    const { within: executor, wait = false, project } = options;
    const deadline = new Deadline(this.#timeoutMs);
    const shared = {
      database: this.#open,
      statements: this.#statements,
      topicRows: this.#topicRows,
      deadline,
      project,
    };
    if (executor) return await joinedTransaction({ ...shared, executor, lockMs: this.#timeoutMs }, requests, decide);
    const run = () => ownTransaction({ ...shared, schema: this.#schema, wait }, requests, decide);
    return wait ? await this.#turns.take(deadline, run) : await run();
  }

  async look(mark: string | null): Promise<Look> {
    const [identityBefore = "", snapshotBefore = null] = mark === null ? [] : (JSON.parse(mark) as string[]);
    const [row = {}] = await this.#run(this.#statements.look, [snapshotBefore, String(mostDue)]);
    this.#horizon.saw(String(row.snapshot));
    const missed = mark !== null && (row.late === true || row.identity !== identityBefore);
    const [all] = missed ? await this.#run(this.#statements.lookAtAll, []) : [];
    return toLook({ ...row, ...all });
  }

  trim({ channel, keep, before }: TrimPolicy): Promise<number> {
    return this.#count(this.#statements.trim, [toText(channel), toOptional(keep), toOptional(before), String(batch)]);
  }

  async forget(before: number): Promise<number> {
    await this.#forgetChanges();
    return await this.#count(this.#statements.forget, [String(before), String(batch)]);
  }

  async migrate(name: string, steps: readonly (readonly string[])[]): Promise<void> {
    await this.#open.use(new Deadline(patientMs), (connection) => migrateTables(connection, this.#schema, name, steps));
  }

  async postpone({ id, due, attempts, status }: StoredEffect): Promise<void> {
    await this.#run(this.#statements.postpone, [toText(id), String(due), String(attempts), status]);
  }

  async erase({ id }: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void> {
    const deadline = new Deadline(this.#timeoutMs);
    const run = () =>
      this.#open.use(deadline, (connection) => eraseTopic(connection, this.#statements, deadline, id, project));
    await this.#turns.take(deadline, run);
  }

  async findUser({ id, sender, tenant }: StoredUser, after: string | null) {
    const user = [tenant === null ? null : toText(tenant), toText(id), toText(sender), JSON.stringify(id)];
    const rows = await this.#run(this.#statements.findUser, [after ?? "0", ...user, String(batch)], patientMs);
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

  get #open(): Database {
    if (this.#database) return this.#database;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is not open.");
  }

  #newPool(): PostgresPool {
    const { connectionString, connections: max = 10 } = this.#options;
    const settings = {
      max,
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

  async #count(statement: Statement, parameters: readonly Parameter[]): Promise<number> {
    const [row] = await this.#run(statement, parameters, patientMs);
    return Number(row?.count);
  }

  /** Deletes what changed a while ago. Who has not looked since is told of every topic. */
  async #forgetChanges(): Promise<void> {
    const snapshot = this.#horizon.pass();
    if (snapshot !== undefined) await this.#run(this.#statements.forgetChanges, [snapshot], patientMs);
  }
}

function toLook({ now, identity, snapshot, changed, due, effects }: Row): Look {
  return {
    mark: JSON.stringify([identity, snapshot]),
    now: Number(now),
    changed: toList<[string, number, number]>(changed).map(([id, offset, generation]) => ({
      id,
      epoch: epochOf(String(identity), id, generation),
      offset,
    })),
    due: toList<[string, string | null, string]>(due).map(toRef),
    effects: toList<EffectColumns>(effects).map(toEffect),
  };
}

/** The epoch of a topic by a row that tells the identity and the generation. */
function toEpoch(row: Row | undefined, id: string): string {
  return epochOf(String(row?.identity), id, Number(row?.generation ?? 0));
}

function toUserTopic(row: Row): UserTopic {
  const { channel, tenant, params, offsets } = row;
  const topic = toRef([String(channel), tenant === null ? null : String(tenant), String(params)]);
  return { topic, epoch: toEpoch(row, topic.id), events: toList<number>(offsets) };
}

function toOptional(value: number | undefined): string | null {
  return value === undefined ? null : String(value);
}
