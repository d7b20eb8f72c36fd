import { randomUUID } from "node:crypto";
import { Pool } from "pg";

/**
 * One transaction a bid on Postgres in its best form: one prepared statement in one round trip, which moves the lot under its row lock by
 * the rule of proxies, keeps the bid and records the command, committed by itself and as durable. Each bid is ten above all before it, which
 * the statement sees to, so that none is refused.
 */
export async function openBidsBaseline(connectionString: string, lots: number, connections: number) {
  const pool = new Pool({ connectionString, max: connections });
  await pool.query(`
    DROP SCHEMA IF EXISTS baseline CASCADE; CREATE SCHEMA baseline;
    CREATE TABLE baseline.lots (
      id int PRIMARY KEY, status text NOT NULL, ends_at timestamptz NOT NULL, bids bigint NOT NULL,
      price bigint NOT NULL, leader text, maximum bigint NOT NULL);
    CREATE TABLE baseline.bids (
      lot int, number bigint, at timestamptz, bidder text, maximum bigint, price bigint, PRIMARY KEY (lot, number));
    CREATE TABLE baseline.records (lot int, command_id text, number bigint, PRIMARY KEY (command_id, lot));
    INSERT INTO baseline.lots SELECT id, 'open', now() + '1 day', 0, 1, NULL, 1 FROM generate_series(0, ${lots - 1}) id;
  `);
  const text = `
    WITH moved AS (
      UPDATE baseline.lots SET bids = bids + 1, price = LEAST(maximum + 10, maximum + 1), leader = $2, maximum = maximum + 10
      WHERE id = $1 AND status = 'open' AND ends_at > clock_timestamp() RETURNING bids, maximum, price),
    placed AS (INSERT INTO baseline.bids SELECT $1, bids, clock_timestamp(), $2, maximum, price FROM moved)
    INSERT INTO baseline.records SELECT $1, $3, bids FROM moved RETURNING number`;
  return {
    async send(turn: number): Promise<void> {
      const values = [turn % lots, `user-${turn % 256}`, `${Date.now()}-${randomUUID()}`];
      const { rowCount } = await pool.query({ name: "bid", text, values });
      if (rowCount !== 1) throw new Error("a bid was not accepted");
    },
    close: () => pool.end(),
  };
}
