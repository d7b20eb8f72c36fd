import type { SqlExecutor } from "../../store.ts";
import { type DriverResult, toResult } from "./result.ts";

/** Anything with the `query` of a `Client` of `pg`. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<DriverResult>;
}

/**
 * A transaction that was begun on a client of `pg`, to send commands in.
 *
 * @example
 * ```ts
 * await client.query("BEGIN");
 * await realtime.topic(orders, { orderId }).as(user).send.place({ total }, { tx: pgExecutor(client) });
 * await client.query("COMMIT");
 * ```
 */
export function pgExecutor(client: Queryable): SqlExecutor {
  return { query: async (sql, params) => toResult(await client.query(sql, [...params])) };
}
