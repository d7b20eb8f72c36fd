/**
 * SQL in the hands of a channel: its own tables, beside the log. Values are what the driver makes of them, but for a 64-bit integer:
 * it is a number as long as it is a safe one, and beyond that whatever the driver makes of it.
 */
export interface Sql {
  readonly dialect: "sqlite" | "postgres";
  /** Runs one statement, with its parameters in the form of the dialect (`?`, `$1`). */
  query(sql: string, params: readonly unknown[]): Promise<SqlResult>;
}

/** One statement with its parameters. */
export interface SqlStatement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export interface SqlResult {
  readonly rows: readonly Record<string, unknown>[];
  /** How many rows were inserted, updated or deleted. */
  readonly affected: number;
}

/**
 * Runs one statement in a transaction that the application holds, and returns its rows, and how many it affected where a channel that
 * projects is to know.
 */
export interface SqlExecutor {
  query(sql: string, params: readonly unknown[]): Promise<readonly Record<string, unknown>[] | SqlResult>;
}
