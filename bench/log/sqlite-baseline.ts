import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { note } from "./counter.ts";

/**
 * One transaction a command on SQLite in its best form: prepared statements on the caller's own thread, without a message to another
 * one, and as durable: WAL with `synchronous=FULL`.
 */
export function openSqliteBaseline(path: string, topics: number): { send(turn: number): Promise<void>; close(): void } {
  const database = new DatabaseSync(path);
  database.exec(`
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE topics (id INTEGER PRIMARY KEY, "offset" INTEGER NOT NULL, value INTEGER NOT NULL);
    CREATE TABLE events (topic INTEGER, "offset" INTEGER, at INTEGER, data TEXT, PRIMARY KEY (topic, "offset")) WITHOUT ROWID;
    CREATE TABLE records (topic INTEGER, command_id TEXT, "offset" INTEGER, PRIMARY KEY (topic, command_id)) WITHOUT ROWID;
  `);
  const addTopic = database.prepare("INSERT INTO topics VALUES (?, 0, 0)");
  for (let topic = 0; topic < topics; topic += 1) addTopic.run(topic);
  const move = database.prepare(
    `UPDATE topics SET "offset" = "offset" + 1, value = value + 1 WHERE id = ? RETURNING "offset"`,
  );
  const addEvent = database.prepare("INSERT INTO events VALUES (?, ?, ?, ?)");
  const addRecord = database.prepare("INSERT INTO records VALUES (?, ?, ?)");
  return {
    async send(turn) {
      const topic = turn % topics;
      database.exec("BEGIN IMMEDIATE");
      const offset = Number(move.get(topic)?.offset);
      addEvent.run(topic, offset, Date.now(), JSON.stringify({ by: 1, note }));
      addRecord.run(topic, `${Date.now()}-${randomUUID()}`, offset);
      database.exec("COMMIT");
      // As a server would: somebody else's turn comes between two commands.
      await new Promise<void>((resolve) => setImmediate(resolve));
    },
    close: () => database.close(),
  };
}
