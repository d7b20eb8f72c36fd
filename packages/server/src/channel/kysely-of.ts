import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import type { Sql } from "../store.ts";

/** It is not for those who are given it to end: others read from it, and what it reads is the store's. */
class Tables<DB> extends Kysely<DB> {
  override async destroy(): Promise<void> {}
}

/** Kysely over the store's own SQL: it speaks the dialect, and every statement goes where `sql` puts it. */
export function kyselyOf<DB>(sql: Sql): Kysely<DB> {
  const postgres = sql.dialect === "postgres";
  return new Tables<DB>({
    dialect: {
      createAdapter: () => (postgres ? new PostgresAdapter() : new SqliteAdapter()),
      createDriver: () => new SqlDriver(sql),
      createIntrospector: (db) => (postgres ? new PostgresIntrospector(db) : new SqliteIntrospector(db)),
      createQueryCompiler: () => (postgres ? new PostgresQueryCompiler() : new SqliteQueryCompiler()),
    },
  });
}

class SqlDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(sql: Sql) {
    this.#connection = {
      async executeQuery<R>({ sql: text, parameters }: CompiledQuery): Promise<QueryResult<R>> {
        const { rows, affected } = await sql.query(text, parameters);
        return { rows: rows as R[], numAffectedRows: BigInt(affected) };
      },
      // biome-ignore lint/correctness/useYield: there is nothing to yield
      async *streamQuery() {
        throw new Error("A channel's SQL cannot be streamed. Read it page by page.");
      },
    };
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  beginTransaction(): Promise<void> {
    return Promise.reject(new Error("This SQL belongs to a transaction already. It needs no other one."));
  }
  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
