import { failpoint } from "#failpoint";
import type { Decide, LockRequest, TopicWrite, TransactionOptions } from "../../store.ts";
import type { Connection } from "./connection.ts";
import type { Database } from "./database.ts";
import type { Deadline } from "./deadline.ts";
import { unreachable } from "./failure.ts";
import { HeldTopics, redacts } from "./held-topics.ts";
import { writingSql } from "./sql.ts";
import { lockingText, type Statements } from "./statements.ts";
import { synchronousCommit } from "./synchronous-commit.ts";
import type { FoundTopics, TopicRows } from "./topic-rows.ts";

export interface OwnTransactionOptions {
  readonly database: Database;
  readonly schema: string;
  readonly statements: Statements;
  readonly topicRows: TopicRows;
  readonly durable: boolean;
  readonly deadline: Deadline;
  readonly wait: boolean;
  readonly project: TransactionOptions["project"];
}

/** Postgres gives up a lock this much before the connection would be given up, in milliseconds, so that the reason is known. */
const lockMarginMs = 500;

/**
 * A transaction of the store's own, in two round trips where the pool sends without waiting, and in four where it does not: lock and
 * read, write and commit; what is projected takes those that it needs in between. When there is nothing to write it is rolled back.
 */
export async function ownTransaction(
  options: OwnTransactionOptions,
  requests: readonly LockRequest[],
  decide: Decide,
): Promise<void> {
  const { database, deadline, topicRows } = options;
  const topics = requests.map(({ topic }) => topic);
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const found =
      topicRows.recall(topics) ?? (await database.use(deadline, (session) => topicRows.find(topics, session)));
    const done = await database.use(deadline, (connection) => run(connection, options, requests, found, decide));
    if (done) return;
    topicRows.forget();
  }
  throw unreachable(new Error("The database was replaced by another one again and again."));
}

/** @returns whether the topics were found in this store; if they were not, nothing was decided */
async function run(
  connection: Connection,
  options: OwnTransactionOptions,
  requests: readonly LockRequest[],
  found: FoundTopics,
  decide: Decide,
): Promise<boolean> {
  const ids = [...found.topics.values()].map(({ id }) => id);
  const locking = connection.begin(`${limits(options)}; ${lockingText(options.schema, ids, options.wait)}`);
  const held = await HeldTopics.read(connection, options.statements, requests, found, locking);
  if (!held) return false;
  const writes = await decide(await held.show());
  if (writes.length > 0) await writeAndCommit(connection, options, held, writes);
  return true;
}

/** If this process stops in the middle of the transaction, Postgres ends it, and others can have its topics. */
export function limits({ deadline, wait }: Pick<OwnTransactionOptions, "deadline" | "wait">): string {
  const idle = `SET LOCAL idle_in_transaction_session_timeout = ${deadline.left()}`;
  return wait ? `${idle}; SET LOCAL lock_timeout = ${deadline.left(lockMarginMs + 1) - lockMarginMs}` : idle;
}

/** The commit follows at once: a transaction in which the write failed is rolled back by it. */
async function writeAndCommit(
  connection: Connection,
  { durable, project }: OwnTransactionOptions,
  held: HeldTopics,
  writes: readonly TopicWrite[],
): Promise<void> {
  const writing = held.write(writes);
  if (project || redacts(writes)) await writing;
  if (project) await project(writingSql(connection));
  failpoint("before-commit");
  const current = held.facts.synchronousCommit;
  const wanted = synchronousCommit(durable, current);
  const before = wanted === current ? "" : `SET LOCAL synchronous_commit TO ${wanted}; `;
  await Promise.all([writing, connection.commit(before)]);
  failpoint("after-commit");
}
