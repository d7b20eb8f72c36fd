import type { Sql } from "../../store.ts";
import { toReadingFailure } from "./failure.ts";
import type { Session } from "./session.ts";

/** SQL in a transaction, to write with: as Postgres has it, a statement that fails is the end of the transaction. */
export function writingSql(session: Session): Sql {
  return { dialect: "postgres", query: (text, params) => session.query(text, params) };
}

/**
 * SQL in a transaction, to decide by: a statement that fails takes nothing else of the transaction with it, and none can write. What is
 * set after a savepoint holds until that is released or rolled back to.
 */
export function decidingSql(session: Session): Sql {
  const run = (text: string) => session.query(text, []);
  return {
    dialect: "postgres",
    async query(text, params) {
      const saving = [run("SAVEPOINT shoal_query"), run("SET TRANSACTION READ ONLY")];
      try {
        const querying = session.query(text, params);
        const [result] = await Promise.all([querying, ...saving, run("RELEASE SAVEPOINT shoal_query")]);
        return result;
      } catch (error) {
        await run("ROLLBACK TO SAVEPOINT shoal_query");
        throw toReadingFailure(error);
      }
    },
  };
}
