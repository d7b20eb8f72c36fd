import { createHash } from "node:crypto";
import type { Sql } from "../../store.ts";

/** A statement whose every parameter is text that it casts itself, so that any driver passes it on as it is. */
export interface Statement {
  /** What it is prepared under: the same for the same text, whoever else uses the connection. Without one it is not kept. */
  readonly name?: string;
  readonly text: string;
}

export type Parameter = string | null;
export type Row = Readonly<Record<string, unknown>>;

/** What runs statements, in the order in which they are asked for: a connection of the store's own, or the application's transaction. */
export interface Session {
  run(statement: Statement, parameters: readonly Parameter[]): Promise<readonly Row[]>;
  /** Runs a statement of a channel, with parameters as the driver takes them. */
  query: Sql["query"];
}

/** A statement that is prepared once for a connection. */
export function prepared(text: string): Statement {
  return { name: `shoal_${createHash("sha256").update(text).digest("hex").slice(0, 24)}`, text };
}
