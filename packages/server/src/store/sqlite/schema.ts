import type { DatabaseSync } from "node:sqlite";
import type { SqlStatement } from "../../store.ts";
import { query } from "./query.ts";

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
    secret TEXT,
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
  CREATE TABLE effects (
    place INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL,
    channel TEXT NOT NULL,
    tenant TEXT,
    params TEXT NOT NULL,
    command TEXT NOT NULL,
    input TEXT NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    status TEXT NOT NULL
  );
  CREATE INDEX effects_armed ON effects (place) WHERE status = 'armed';
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
  // What was written before there were versions is of version 1.
  `
  ALTER TABLE events ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE snapshots ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE effects ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE records ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
  `,
  `
  ALTER TABLE events ADD COLUMN redacts TEXT;
  ALTER TABLE events ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE effects ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE topics ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
  `,
  // No place is given out again, so that one which was seen stands for all before it.
  `
  CREATE TABLE revocations (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    revocation TEXT NOT NULL,
    at INTEGER NOT NULL
  );
  `,
  "ALTER TABLE topics ADD COLUMN derived INTEGER NOT NULL DEFAULT 0",
];

/**
 * Brings the file to the version of this code, forward only.
 *
 * @throws when the file is of a newer version
 */
export function migrate(database: DatabaseSync): void {
  allOrNothing(database, () => {
    database.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
    const version = Number(readMeta(database, "version") ?? 0);
    if (version > steps.length) {
      throw new Error(`The file is of version ${version}, this Shoal knows ${steps.length}. Update Shoal to open it.`);
    }
    for (const step of steps.slice(version)) database.exec(step);
    writeMeta(database, "version", String(steps.length));
    if (readMeta(database, "identity") === undefined) renewIdentity(database);
  });
}

/**
 * Brings the tables of a channel forward.
 *
 * @throws when they were made by a newer version of the channel
 */
export function migrateTables(
  database: DatabaseSync,
  name: string,
  tables: readonly (readonly SqlStatement[])[],
): void {
  const key = `tables:${name}`;
  allOrNothing(database, () => {
    const version = Number(readMeta(database, key) ?? 0);
    if (version > tables.length) {
      throw new Error(
        `The tables of "${name}" are of version ${version}, this code knows ${tables.length}. Update it.`,
      );
    }
    for (const { sql, params } of tables.slice(version).flat()) {
      if (params.length > 0) query(database, sql, params);
      else database.exec(sql);
    }
    writeMeta(database, key, String(tables.length));
  });
}

function allOrNothing(database: DatabaseSync, run: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    run();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Gives the store another identity, and with it every topic another epoch. */
export function renewIdentity(database: DatabaseSync): void {
  writeMeta(database, "identity", globalThis.crypto.randomUUID());
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
