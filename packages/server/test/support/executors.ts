import type { SqlExecutor } from "@shoal/server";
import {
  drizzleExecutor,
  kyselyExecutor,
  type PrismaTransaction,
  pgExecutor,
  prismaExecutor,
} from "@shoal/server/postgres";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import { type Client, type CustomTypesConfig, Pool, types } from "pg";

/** What an application does in a transaction: statements of its own, and commands through the executor. */
interface Transaction {
  readonly tx: SqlExecutor;
  run(text: string): PromiseLike<unknown>;
}

/** How an application runs transactions: committed when `work` returns, rolled back when it throws. */
export interface Transactions extends AsyncDisposable {
  transact<R>(work: (transaction: Transaction) => Promise<R>): Promise<R>;
}

/** The ways in which applications have their transactions, each on a connection of its own. */
export const waysToTransact: Readonly<Record<string, (url: string) => Transactions>> = {
  pg: (url) => onClients(url, (client) => ({ tx: pgExecutor(client), run: (text) => client.query(text) })),
  Kysely: (url) => {
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: poolAt(url) }) });
    return {
      transact: (work) =>
        db
          .transaction()
          .execute((trx) =>
            work({ tx: kyselyExecutor(trx), run: (text) => trx.executeQuery(CompiledQuery.raw(text)) }),
          ),
      [Symbol.asyncDispose]: () => db.destroy(),
    };
  },
  Drizzle: (url) => {
    const pool = poolAt(url);
    const db = drizzle(pool);
    return {
      transact: (work) =>
        db.transaction((tx) => work({ tx: drizzleExecutor(tx), run: (text) => tx.execute(sql.raw(text)) })),
      [Symbol.asyncDispose]: () => pool.end(),
    };
  },
  "a client of the shape of Prisma's": (url) =>
    onClients(url, (client) => {
      const tx = prismaShaped(client);
      return { tx: prismaExecutor(tx), run: (text) => tx.$executeRawUnsafe(text) };
    }),
};

/** Its connections may break when they are given up, while their server is stopped. */
function poolAt(url: string): Pool {
  const pool = new Pool({ connectionString: url });
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool.on("error", () => {});
}

function onClients(url: string, transactionOn: (client: Client) => Transaction): Transactions {
  const pool = poolAt(url);
  return {
    async transact(work) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const result = await work(transactionOn(client));
        await client.query("COMMIT");
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

/** Prisma needs code that is generated for an application. This answers as it does: a bigint is a `BigInt`, a count is apart. */
function prismaShaped(client: Client): PrismaTransaction {
  const asPrisma: CustomTypesConfig = {
    getTypeParser: (oid: number) => (oid === types.builtins.INT8 ? BigInt : types.getTypeParser(oid)),
  };
  const query = (text: string, values: unknown[]) =>
    client.query({ text, values, types: asPrisma }).catch((cause) => {
      const driverAdapterError = { cause: { originalCode: cause.code } };
      throw Object.assign(new Error("Raw query failed."), { code: "P2010", meta: { driverAdapterError } });
    });
  return {
    $queryRawUnsafe: async (text, ...values) => (await query(text, values)).rows,
    $executeRawUnsafe: async (text, ...values) => (await query(text, values)).rowCount ?? 0,
  };
}
