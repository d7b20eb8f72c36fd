import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SqlResult } from "../../store.ts";

/** Runs a statement that is not known beforehand. */
export function query(database: DatabaseSync, sql: string, params: readonly unknown[]): SqlResult {
  const statement = database.prepare(sql);
  const values = params.map(toValue);
  if (statement.columns().length > 0) {
    const rows = statement.all(...values) as Record<string, unknown>[];
    return { rows, affected: rows.length };
  }
  return { rows: [], affected: Number(statement.run(...values).changes) };
}

/** As {@link query}, on a connection that can write, for a statement that is to write nothing and to leave no transaction behind. */
export function readOnly(database: DatabaseSync, sql: string, params: readonly unknown[]): SqlResult {
  const inTransaction = database.isTransaction;
  database.exec("PRAGMA query_only = ON");
  try {
    return query(database, sql, params);
  } finally {
    if (!inTransaction && database.isTransaction) database.exec("ROLLBACK");
    database.exec("PRAGMA query_only = OFF");
  }
}

/** SQLite knows no truth values and no `undefined`. */
function toValue(value: unknown): SQLInputValue {
  if (typeof value === "boolean") return value ? 1 : 0;
  return (value ?? null) as SQLInputValue;
}
