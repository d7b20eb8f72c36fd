import { DatabaseSync } from "node:sqlite";
import { localConnection } from "./sqlite/connection.ts";
import type { ReaderCalls, WriterCalls } from "./sqlite/messages.ts";
import { createReader } from "./sqlite/reader.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";
import { createWriter } from "./sqlite/writer.ts";

export interface MemoryStoreOptions {
  /**
   * The store's clock, in milliseconds since the epoch: for tests that move it themselves.
   * @default Date.now
   */
  readonly now?: () => number;
}

/**
 * Keeps everything in this process and loses it with the process: SQLite without a file. For tests, and for what need not
 * outlive a restart.
 */
export function createMemoryStore({ now = Date.now }: MemoryStoreOptions = {}): SqliteStore {
  return new SqliteStore(undefined, async () => {
    const database = new DatabaseSync(":memory:");
    const { writer, underWay } = watched(createWriter(database, now));
    const reader = createMemoryReader(database, now);
    return { writer: localConnection(writer), reader: localConnection(reader, underWay) };
  });
}

/** Tells of a transaction that is under way, which reads wait for: on the only connection there is, they would be part of it. */
function watched(calls: WriterCalls): { writer: WriterCalls; underWay: () => Promise<void> | undefined } {
  let transaction: Promise<void> | undefined;
  let ended = (): void => {};
  const begin = (): void => {
    calls.begin();
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
    writer: { ...calls, begin, commit: end(calls.commit), rollback: end(calls.rollback) },
    underWay: () => transaction,
  };
}

/** A file is opened to be read only; here that has to be said each time. */
function createMemoryReader(database: DatabaseSync, now: () => number): ReaderCalls {
  const calls = createReader(database, now);
  return {
    ...calls,
    query(sql, params) {
      database.exec("PRAGMA query_only = ON");
      try {
        return calls.query(sql, params);
      } finally {
        database.exec("PRAGMA query_only = OFF");
      }
    },
    close: () => {},
  };
}
