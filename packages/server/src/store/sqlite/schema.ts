import type { DatabaseSync } from "node:sqlite";

/** Each step takes the file from the version before it to its own, which is its place in the list, from 1. Steps are only ever added. */
const steps: readonly string[] = [
  // Rows of all topics are added at one end of their table, and the ids of commands are ordered by time: what a commit writes lies
  // together on few pages, and the pages are what a commit costs.
  `
  CREATE TABLE topics (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    channel TEXT NOT NULL,
    tenant TEXT,
    params TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    first INTEGER NOT NULL,
    next_due INTEGER,
    timers TEXT NOT NULL
  );
  CREATE INDEX topics_channel ON topics (channel);
  CREATE INDEX topics_next_due ON topics (next_due) WHERE next_due IS NOT NULL;
  CREATE TABLE events (
    place INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    command_id TEXT,
    user_id TEXT
  );
  CREATE UNIQUE INDEX events_offset ON events (topic, "offset");
  CREATE TABLE snapshots (
    topic INTEGER PRIMARY KEY,
    "offset" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL
  );
  CREATE TABLE records (
    place INTEGER PRIMARY KEY,
    topic INTEGER NOT NULL,
    sender TEXT NOT NULL,
    command_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    outcome TEXT NOT NULL,
    at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX records_command ON records (command_id, topic, sender);
  `,
];

/**
 * Brings the file to the version of this code, forward only.
 *
 * @returns what identifies the store; every epoch is made from it
 * @throws when the file is of a newer version
 */
export function migrate(database: DatabaseSync): string {
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    const version = Number(readMeta(database, "version") ?? 0);
    if (version > steps.length) {
      throw new Error(`The file is of version ${version}, this Shoal knows ${steps.length}. Update Shoal to open it.`);
    }
    for (const step of steps.slice(version)) database.exec(step);
    writeMeta(database, "version", String(steps.length));
    const identity = readMeta(database, "identity") ?? renewIdentity(database);
    database.exec("COMMIT");
    return identity;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Gives the store another identity, and with it every topic another epoch. */
export function renewIdentity(database: DatabaseSync): string {
  const identity = globalThis.crypto.randomUUID();
  writeMeta(database, "identity", identity);
  return identity;
}

function readMeta(database: DatabaseSync, key: string): string | undefined {
  const row = database.prepare("SELECT value FROM meta WHERE key = ?").get(key);
  return row?.value as string | undefined;
}

function writeMeta(database: DatabaseSync, key: string, value: string): void {
  database
    .prepare("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
    .run(key, value);
}
