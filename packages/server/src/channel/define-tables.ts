import type { Schema } from "@shoal/contract";
import type { Compilable, Kysely } from "kysely";

/** A channel's own tables. Made by {@link defineTables}. */
export interface Tables<DB> {
  /** Carries the types and exists in none but them. */
  readonly "~types"?: DB;
  readonly steps: readonly TableStep[];
}

/** One step forward: the statements that take the tables from the step before it. */
// biome-ignore lint/suspicious/noExplicitAny: a step sees tables of its own time, which the types of today do not tell
export type TableStep = (db: Kysely<any>) => readonly Compilable[];

/**
 * Defines the tables that a channel keeps beside its log, for `project`, `load` and its queries. The application may join them.
 *
 * @param rows - by table, the schema of a row: it gives the types, and is not run
 * @param steps - forward only; a step that was released is never changed
 *
 * @example
 * ```ts
 * const tables = defineTables({ todo: z.object({ id: z.string(), done: z.int() }) }, [
 *   ({ schema }) => [schema.createTable("todo").addColumn("id", "text", (id) => id.primaryKey()).addColumn("done", "integer")],
 * ]);
 * ```
 */
export function defineTables<DB extends object>(
  _rows: { readonly [K in keyof DB]: Schema<DB[K]> },
  steps: readonly TableStep[],
): Tables<DB> {
  return { steps };
}
