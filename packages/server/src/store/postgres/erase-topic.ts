import { failpoint } from "#failpoint";
import type { Sql } from "../../store.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { limits } from "./own-transaction.ts";
import { writingSql } from "./sql.ts";
import type { Statements } from "./statements.ts";
import { toText } from "./text.ts";

/** Deletes all of a topic but its name, in a transaction of its own. What is deleted is looked for after the lock is had. */
export async function eraseTopic(
  connection: Connection,
  statements: Statements,
  deadline: Deadline,
  key: string,
  project: ((sql: Sql) => Promise<void>) | undefined,
): Promise<void> {
  await connection.begin(`SET LOCAL synchronous_commit TO on; ${limits({ deadline, wait: true })}`);
  const [head] = await connection.run(statements.lockOne, [key]);
  if (head) await connection.run(statements.erase, [String(head.topic), toText(key)]);
  await project?.(writingSql(connection));
  failpoint("before-commit");
  await connection.commit();
  failpoint("after-commit");
}
