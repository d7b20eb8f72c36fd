import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import type { AnyEvent } from "../channel/definition.ts";
import { isChangeOfFrozen } from "../channel/frozen.ts";

/** A law by its name, and what helps who broke it. */
export interface Law {
  readonly name: string;
  readonly advice: string;
}

/** A value as it is after it was stored, or was sent. */
export function stored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}

/** Runs a function of the user's; a fault in it is told by the function's name. */
export function tried<R>(what: string, run: () => R): R {
  try {
    return run();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const why = isChangeOfFrozen(cause) ? "changed what it was given" : "threw";
    throw new Error(`\`${what}\` ${why}: ${said}`, { cause });
  }
}

/** @throws when the two values under `both` are not the same as JSON */
export function insistOnSame(what: string, both: Readonly<Record<string, unknown>>): void {
  const [[howOne, one] = ["", null], [howOther, other] = ["", null]] = Object.entries(both).map(
    ([how, value]) => [how, stored(value)] as const,
  );
  if (isDeepStrictEqual(one, other)) return;
  const width = Math.max(howOne.length, howOther.length);
  const { path, left, right } = firstDifference(one, other);
  throw new Error(
    [
      `${what}`,
      `  ${howOne.padEnd(width)}  ${JSON.stringify(one)}`,
      `  ${howOther.padEnd(width)}  ${JSON.stringify(other)}`,
      `The first difference${path === "" ? "" : ` is at ${path}`}: ${left}, and ${right}.`,
    ].join("\n"),
  );
}

/** What a user reads: which law, by which events, what came of them, what to do, and how to run it again. */
export function toReport(law: Law, channel: string, details: fc.RunDetails<[AnyEvent[]]>): Error {
  const { counterexample, counterexamplePath: path, errorInstance: cause, seed } = details;
  if (!counterexample) return new Error(fc.defaultReportMessage(details) ?? "The law was not tried.");
  const [history] = counterexample;
  const events = history.map(({ type, data }, index) => `  ${index + 1}. ${type} ${JSON.stringify(data)}`);
  const message = [
    `The law of ${law.name} does not hold for the channel "${channel}".`,
    history.length === 0 ? "No event is needed to break it:" : "These events break it:",
    ...events,
    cause instanceof Error ? cause.message : String(cause),
    law.advice,
    `To run it again: run: { seed: ${seed}, path: ${JSON.stringify(path)} }`,
  ].join("\n");
  return new Error(message, { cause });
}

/** Where two values of JSON differ first, and what is there. */
function firstDifference(one: unknown, other: unknown, path = ""): { path: string; left: string; right: string } {
  if (isBranch(one) && isBranch(other) && Array.isArray(one) === Array.isArray(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      if (isDeepStrictEqual(one[key], other[key])) continue;
      return firstDifference(
        one[key],
        other[key],
        Array.isArray(one) ? `${path}[${key}]` : `${path}${path && "."}${key}`,
      );
    }
  }
  return { path, left: textOf(one), right: textOf(other) };
}

function isBranch(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
