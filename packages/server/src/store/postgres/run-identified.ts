import type { Parameter, Row, Session, Statement } from "./session.ts";
import type { Statements } from "./statements.ts";

/**
 * Runs a statement that tells the identity in its first row. Unlogged tables lose it in a crash of the server: then they get another
 * one, which is the same for whoever comes at the same time, and the statement is run again.
 */
export async function runIdentified(
  session: Pick<Session, "run">,
  { makeIdentity }: Statements,
  statement: Statement,
  parameters: readonly Parameter[],
): Promise<readonly Row[]> {
  const rows = await session.run(statement, parameters);
  if (rows[0]?.identity !== null) return rows;
  await session.run(makeIdentity, []);
  return await session.run(statement, parameters);
}
