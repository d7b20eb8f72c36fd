import { DatabaseSync } from "node:sqlite";
import type { ReaderCalls } from "./messages.ts";
import { query } from "./query.ts";
import { Rows } from "./rows.ts";

const mostDue = 1_000;

/** Answers reads of a file on a connection of its own, so that they wait for no write. */
export function openReader(path: string): ReaderCalls {
  return createReader(new DatabaseSync(path, { readOnly: true, timeout: 5_000 }), Date.now);
}

/** What is asked of the connection that reads, whichever it is. */
export function createReader(database: DatabaseSync, clock: () => number): ReaderCalls {
  const rows = new Rows(database);
  const due = database.prepare(
    `SELECT channel, tenant, params FROM topics
     WHERE next_due <= ?1 AND (?2 IS NULL OR channel IN (SELECT value FROM json_each(?2))) ORDER BY next_due LIMIT ?3`,
  );
  const effects = database.prepare(
    `SELECT id, source, channel, tenant, params, command, input, due, attempts, status, version
     FROM effects
     WHERE status = 'armed' AND (?1 IS NULL OR channel IN (SELECT value FROM json_each(?1))) ORDER BY place LIMIT ?2`,
  );
  /** Several statements on one state of the file. */
  const together = <R>(run: () => R): R => {
    database.exec("BEGIN");
    try {
      return run();
    } finally {
      database.exec("COMMIT");
    }
  };
  return {
    query: (sql, params) => query(database, sql, params),
    load: (key) => together(() => rows.whole(key)),
    read: (key, from, to) => {
      const topic = rows.topic(key);
      return topic ? rows.events(topic.id, from, to) : [];
    },
    head: (key) => together(() => ({ epoch: rows.epoch(key), offset: rows.topic(key)?.offset ?? 0 })),
    record: (key, command) => rows.record(rows.topic(key)?.id ?? 0, command),
    look: (channels) => {
      const now = clock();
      return {
        now,
        identity: rows.identity(),
        topics: due.all(now, channels, mostDue) as never,
        effects: effects.all(channels, mostDue) as never,
      };
    },
    close: () => database.close(),
  };
}
