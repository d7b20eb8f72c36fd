import { types } from "node:util";
import { ShoalError } from "@shoal/contract";

/** As many as fit into a message of 256 KiB. */
const maxValues = 131_072;
const maxDepth = 1_000;

/**
 * Looks through an input before anything else does. A small text may stand for what is without end, where a transformer can say that
 * two places hold the same value, or that a number is the length of an array.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it holds what is no plain JSON (a `Date` is taken for its time), or more than can be looked through
 */
export function insistOnPlain(channel: string, input: unknown): void {
  if (count(input, 0, 0) <= maxValues) return;
  throw new ShoalError(
    "BAD_REQUEST",
    `Invalid input of "${channel}": it must be plain JSON, of ${maxValues} values at most and no deeper than ${maxDepth}.`,
  );
}

/** How many values there are in all, a value as often as it stands there; infinitely many when they are too many, or too deep, to be counted. */
function count(value: unknown, depth: number, before: number): number {
  if (typeof value !== "object" || value === null || types.isDate(value)) return before + 1;
  const parts = partsOf(value);
  if (!parts || depth > maxDepth || before + parts.length > maxValues) return Number.POSITIVE_INFINITY;
  let counted = before + 1;
  for (const part of parts) {
    counted = count(part, depth + 1, counted);
    if (counted > maxValues) return Number.POSITIVE_INFINITY;
  }
  return counted;
}

/** The parts of a list or a plain object, whichever realm it is of. */
function partsOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null ? Object.values(value) : undefined;
}
