import { DatabaseSync } from "node:sqlite";
import type { ReaderCalls } from "./messages.ts";
import { Rows } from "./rows.ts";

const mostDue = 1_000;

/** Answers reads on a connection of its own, so that they wait for no write. */
export function createReader(path: string): ReaderCalls {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const rows = new Rows(database);
  const due = database.prepare(
    "SELECT channel, tenant, params FROM topics WHERE next_due <= ? ORDER BY next_due LIMIT ?",
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
    load: (key) => together(() => rows.whole(key)),
    read: (key, from, to) => {
      const topic = rows.topic(key);
      return topic ? rows.events(topic.id, from, to) : [];
    },
    head: (key) => together(() => ({ epoch: rows.epoch(key), offset: rows.topic(key)?.offset ?? 0 })),
    due: () => {
      const now = Date.now();
      return { now, topics: due.all(now, mostDue) as never };
    },
    close: () => database.close(),
  };
}
