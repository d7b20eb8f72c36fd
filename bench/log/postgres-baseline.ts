import { randomUUID } from "node:crypto";
import { Pool } from "pg";
import { note } from "./counter.ts";

/**
 * One transaction a command on Postgres in its best form: one prepared statement in one round trip, which moves the topic under its row
 * lock, appends the event and records the command, committed by itself and as durable.
 */
export async function openPostgresBaseline(connectionString: string, topics: number, connections: number) {
  const pool = new Pool({ connectionString, max: connections });
  await pool.query(`
    DROP SCHEMA IF EXISTS baseline CASCADE; CREATE SCHEMA baseline;
    CREATE TABLE baseline.topics (id int PRIMARY KEY, "offset" bigint NOT NULL, value bigint NOT NULL);
    CREATE TABLE baseline.events (topic int, "offset" bigint, at timestamptz, data text, PRIMARY KEY (topic, "offset"));
    CREATE TABLE baseline.records (topic int, command_id text, "offset" bigint, PRIMARY KEY (command_id, topic));
    INSERT INTO baseline.topics SELECT id, 0, 0 FROM generate_series(0, ${topics - 1}) id;
  `);
  const text = `
    WITH moved AS (
      UPDATE baseline.topics SET "offset" = "offset" + 1, value = value + 1 WHERE id = $1 RETURNING "offset"),
    added AS (INSERT INTO baseline.events SELECT $1, "offset", clock_timestamp(), $2 FROM moved)
    INSERT INTO baseline.records SELECT $1, $3, "offset" FROM moved RETURNING "offset"`;
  const data = JSON.stringify({ by: 1, note });
  return {
    async send(turn: number): Promise<void> {
      await pool.query({ name: "send", text, values: [turn % topics, data, `${Date.now()}-${randomUUID()}`] });
    },
    close: () => pool.end(),
  };
}
