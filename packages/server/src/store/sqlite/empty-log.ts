import type { DatabaseSync } from "node:sqlite";

/**
 * Moves all that the log ahead of the file holds into the file, and cuts the log to nothing: it keeps old versions of pages, and with them
 * what was erased, until they are written over. It waits for nobody: who reads just then leaves it for the next time.
 */
export function emptyLog(database: DatabaseSync): void {
  const { timeout } = database.prepare("PRAGMA busy_timeout").get() as { timeout: number };
  database.exec("PRAGMA busy_timeout = 0");
  try {
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    database.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}
