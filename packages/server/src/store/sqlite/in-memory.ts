import { DatabaseSync } from "node:sqlite";
import { type Connection, localConnection } from "./connection.ts";
import type { ReaderCalls, WriterCalls } from "./messages.ts";
import { readOnly } from "./query.ts";
import { createReader } from "./reader.ts";
import { createWriter } from "./writer.ts";

/** SQLite without a file, on this thread: one connection that both writes and reads. */
export async function connectInMemory(
  now: () => number,
): Promise<{ readonly writer: Connection<WriterCalls>; readonly reader: Connection<ReaderCalls> }> {
  const database = new DatabaseSync(":memory:");
  const { writer, underWay } = watched(createWriter(database, now));
  const reader = createMemoryReader(database, now);
  return { writer: localConnection(writer), reader: localConnection(reader, underWay) };
}

/** Tells of a transaction that is under way, which reads wait for: on the only connection there is, they would be part of it. */
function watched(calls: WriterCalls): { writer: WriterCalls; underWay: () => Promise<void> | undefined } {
  let transaction: Promise<void> | undefined;
  let ended = (): void => {};
  const began = (): void => {
    transaction = new Promise((resolve) => {
      ended = resolve;
    });
  };
  const end = (run: () => void) => () => {
    run();
    transaction = undefined;
    ended();
  };
  return {
    writer: {
      ...calls,
      begin: () => void [calls.begin(), began()],
      beginWith: (writes, now) => void [calls.beginWith(writes, now), began()],
      commit: end(calls.commit),
      rollback: end(calls.rollback),
    },
    underWay: () => transaction,
  };
}

/** A file is opened to be read only; here that has to be said each time. */
function createMemoryReader(database: DatabaseSync, now: () => number): ReaderCalls {
  const calls = createReader(database, now);
  return {
    ...calls,
    query: (sql, params) => readOnly(database, sql, params),
    close: () => {},
  };
}
