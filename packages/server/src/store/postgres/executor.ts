import { CompiledQuery } from "kysely";
import { types } from "pg";
import type { SqlExecutor, SqlResult } from "../../store.ts";
import { type DriverResult, int8, toNumber, toResult } from "./result.ts";
import { writesInSilence } from "./top-level.ts";

/** Anything with the `query` of a `Client` of `pg`. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<DriverResult>;
}

/** What is used of a `Transaction` of Kysely on Postgres, which fits. */
export interface KyselyTransaction {
  executeQuery(query: never): PromiseLike<{
    readonly rows: readonly unknown[];
    readonly numAffectedRows?: bigint | undefined;
  }>;
}

/** What is used of a transaction of `drizzle-orm/node-postgres`, which fits. */
export interface DrizzleTransaction {
  execute(query: never): PromiseLike<DriverResult>;
}

/** What is used of the client that Prisma's `$transaction` gives to its function, which fits. */
export interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
  $executeRawUnsafe(query: string, ...values: unknown[]): PromiseLike<number>;
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

/**
 * A transaction of Kysely on `pg`, to send commands in.
 *
 * @example
 * ```ts
 * await db.transaction().execute(async (trx) => {
 *   await trx.insertInto("orders").values({ id: orderId }).execute();
 *   await realtime.topic(orders, { orderId }).as(user).send.place({ total }, { tx: kyselyExecutor(trx) });
 * });
 * ```
 */
export function kyselyExecutor(trx: KyselyTransaction): SqlExecutor {
  return {
    async query(text, params) {
      const query = { ...CompiledQuery.raw(text, [...params]), sql: withTypes(text) };
      const { rows, numAffectedRows } = await trx.executeQuery(query as never);
      return { rows: rows as SqlResult["rows"], affected: Number(numAffectedRows ?? rows.length) };
    },
  };
}

/**
 * A transaction of Drizzle on `pg` (`drizzle-orm/node-postgres`), to send commands in.
 *
 * @example
 * ```ts
 * await db.transaction(async (tx) => {
 *   await tx.insert(orderRows).values({ id: orderId });
 *   await realtime.topic(orders, { orderId }).as(user).send.place({ total }, { tx: drizzleExecutor(tx) });
 * });
 * ```
 */
export function drizzleExecutor(tx: DrizzleTransaction): SqlExecutor {
  return {
    async query(sql, params) {
      // Drizzle numbers the parameters of its own templates anew; this is a statement that has its numbers.
      const statement = { getSQL: () => ({ toQuery: () => ({ sql, params: [...params] }) }) };
      return toResult(await tx.execute(statement as never));
    },
  };
}

/**
 * An interactive transaction of Prisma on Postgres, to send commands in.
 *
 * @example
 * ```ts
 * await prisma.$transaction(async (tx) => {
 *   await tx.order.create({ data: { id: orderId } });
 *   await realtime.topic(orders, { orderId }).as(user).send.place({ total }, { tx: prismaExecutor(tx) });
 * });
 * ```
 */
export function prismaExecutor(tx: PrismaTransaction): SqlExecutor {
  return {
    async query(sql, params) {
      if (writesInSilence(sql)) return { rows: [], affected: await tx.$executeRawUnsafe(sql, ...params) };
      const rows = (await tx.$queryRawUnsafe(sql, ...params)) as SqlResult["rows"];
      return { rows: rows.map(withoutBigInts), affected: rows.length };
    },
  };
}

/**
 * Kysely does not tell the types of columns, but hands a statement to `pg` as it is, which takes one that parses its own values. To
 * whoever else looks at it, a logger or another driver, it is a text.
 */
function withTypes(text: string): object {
  const getTypeParser = (oid: number, format: "text" | "binary") => {
    const parse = types.getTypeParser(oid, format as "text") as (value: unknown) => unknown;
    return oid === int8 ? (value: unknown) => toNumber(parse(value)) : parse;
  };
  return Object.assign(Object(text) as object, { text, types: { getTypeParser } });
}

function withoutBigInts(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(row);
  if (!entries.some(([, value]) => typeof value === "bigint")) return row;
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === "bigint" ? toNumber(value) : value]),
  );
}
