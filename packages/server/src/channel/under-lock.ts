import { ShoalError } from "@shoal/contract";
import type { Sql } from "../store.ts";

/**
 * Runs an application's code on a transaction's SQL, and no longer than others can wait for the locks that it holds. What it does with the
 * SQL later, after its deadline or because it did not wait for it, is refused: by then it would be part of another transaction.
 *
 * @throws {ShoalError} `TIMEOUT` when the deadline passes
 */
export async function underLock<R>(
  sql: Sql,
  what: string,
  deadlineMs: number,
  run: (sql: Sql) => Promise<R>,
): Promise<R> {
  let over = false;
  const query: Sql["query"] = async (text, parameters) => {
    if (over)
      throw new ShoalError(
        "INTERNAL_SERVER_ERROR",
        `${what} is over, and so is its transaction. Await each statement.`,
      );
    return await sql.query(text, parameters);
  };
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `${what} took more than ${deadlineMs} ms. Try again.`;
    timeout = setTimeout(() => reject(new ShoalError("TIMEOUT", message)), deadlineMs);
  });
  try {
    return await Promise.race([run({ dialect: sql.dialect, query }), late]);
  } finally {
    over = true;
    clearTimeout(timeout);
  }
}
