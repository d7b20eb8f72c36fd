import type { SqlResult } from "../../store.ts";
import type { Row } from "./session.ts";

/** What is read of a result of `pg`. */
export interface DriverResult {
  readonly rows: readonly Row[];
  readonly rowCount?: number | null;
  readonly fields?: readonly { readonly name: string; readonly dataTypeID: number }[];
}

/** The type of a bigint in Postgres. */
export const int8 = 20;

/** A result as the port wants it: a bigint is a number where it is a safe one, everything else is what the driver made of it. */
export function toResult({ rows, rowCount, fields = [] }: DriverResult): SqlResult {
  const bigints = fields.filter(({ dataTypeID }) => dataTypeID === int8).map(({ name }) => name);
  return { rows: bigints.length > 0 ? rows.map((row) => withNumbers(row, bigints)) : rows, affected: rowCount ?? 0 };
}

function withNumbers(row: Row, names: readonly string[]): Row {
  return { ...row, ...Object.fromEntries(names.map((name) => [name, toNumber(row[name])])) };
}

/** A bigint as a number where it is a safe one. */
export function toNumber(value: unknown): unknown {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
