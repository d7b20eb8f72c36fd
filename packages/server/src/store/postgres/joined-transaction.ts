import { ShoalError } from "@shoal/contract";
import type { Decide, LockRequest, SqlExecutor, TopicWrite, TransactionOptions } from "../../store.ts";
import type { Database } from "./database.ts";
import type { Deadline } from "./deadline.ts";
import { toJoinedFailure } from "./failure.ts";
import { HeldTopics } from "./held-topics.ts";
import type { Session } from "./session.ts";
import { writingSql } from "./sql.ts";
import type { Statements } from "./statements.ts";
import { synchronousCommit } from "./synchronous-commit.ts";
import { toNumbers } from "./text.ts";
import type { TopicRows } from "./topic-rows.ts";

export interface JoinedTransactionOptions {
  readonly database: Database;
  readonly statements: Statements;
  readonly topicRows: TopicRows;
  readonly durable: boolean;
  readonly deadline: Deadline;
  readonly executor: SqlExecutor;
  readonly lockMs: number;
  readonly project: TransactionOptions["project"];
}

const settings = {
  text: `SELECT current_setting('transaction_isolation') AS isolation, current_setting('lock_timeout') AS lock_timeout,
    current_setting('synchronous_commit') AS synchronous_commit`,
};
const set = {
  text: "SELECT set_config('lock_timeout', $1::text, true), set_config('synchronous_commit', $2::text, true)",
};

/**
 * Takes part in a transaction of the application, which alone begins and ends it. The topics' locks stay with it.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is no transaction, of another isolation level or on another database
 */
export async function joinedTransaction(
  options: JoinedTransactionOptions,
  requests: readonly LockRequest[],
  decide: Decide,
): Promise<void> {
  const session = joined(options.executor);
  const restore = await enter(session, options);
  const held = (await hold(session, options, requests)) ?? (await hold(session, options, requests));
  if (!held) throw refused("is on another database than the store. Begin it where the store is");
  if (!held.facts.writing) throw refused("has not begun. Send BEGIN on its connection first");
  await restore();
  const writes = await decide(await held.show());
  if (writes.length === 0) return;
  if (options.project) await writeAndProject(session, held, writes, options.project);
  else await held.write(writes);
}

/** What was written is taken back when it cannot be projected, also if the application then commits. */
async function writeAndProject(
  session: Session,
  held: HeldTopics,
  writes: readonly TopicWrite[],
  project: NonNullable<TransactionOptions["project"]>,
): Promise<void> {
  await session.query("SAVEPOINT shoal_write", []);
  try {
    await held.write(writes);
    await project(writingSql(session));
    await session.query("RELEASE SAVEPOINT shoal_write", []);
  } catch (error) {
    await session.query("ROLLBACK TO SAVEPOINT shoal_write", []);
    throw error;
  }
}

/** @returns `undefined` when the topics are not of the store that the transaction is on; they are then forgotten */
async function hold(
  session: Session,
  { database, deadline, statements, topicRows }: JoinedTransactionOptions,
  requests: readonly LockRequest[],
): Promise<HeldTopics | undefined> {
  const topics = requests.map(({ topic }) => topic);
  const found = topicRows.recall(topics) ?? (await database.use(deadline, (own) => topicRows.find(topics, own)));
  const ids = [...found.topics.values()].map(({ id }) => id);
  const locked = await session.run(statements.lock, [toNumbers(ids)]);
  const held = await HeldTopics.read(session, statements, requests, found, Promise.resolve(locked));
  if (!held) topicRows.forget();
  return held;
}

/**
 * Limits how long locks are waited for, and makes the commit durable where the topics are. Returns what gives the application its own
 * limit back.
 */
async function enter(session: Session, { lockMs, durable }: JoinedTransactionOptions): Promise<() => Promise<void>> {
  const [before] = await session.run(settings, []);
  if (before?.isolation !== "read committed") {
    throw refused(`is ${String(before?.isolation).toUpperCase()}. Begin it as READ COMMITTED`);
  }
  const current = String(before.synchronous_commit);
  const setting = durable ? synchronousCommit(durable, current) : current;
  await session.run(set, [String(lockMs), setting]);
  return async () => void (await session.run(set, [String(before.lock_timeout), setting]));
}

/** The executor is given one statement at a time. */
function joined(executor: SqlExecutor): Session {
  let last: Promise<unknown> = Promise.resolve();
  const query: Session["query"] = async (text, values) => {
    const answering = last.then(() => executor.query(text, values));
    last = answering.catch(() => {});
    try {
      const answer = await answering;
      return "affected" in answer ? answer : { rows: answer, affected: answer.length };
    } catch (error) {
      throw toJoinedFailure(error);
    }
  };
  return { query, run: async ({ text }, parameters) => (await query(text, parameters)).rows };
}

function refused(why: string): ShoalError {
  return new ShoalError("BAD_REQUEST", `Shoal cannot join this transaction: it ${why}.`);
}
