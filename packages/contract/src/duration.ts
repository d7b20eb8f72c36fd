import { ShoalError } from "./errors.ts";

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span of time: milliseconds, or a number with its unit, such as `"5m"`. */
export type Duration = number | `${number}${keyof typeof units}`;

/** @throws {ShoalError} `BAD_REQUEST` when the text is no duration */
export function toMilliseconds(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? [];
  if (count === undefined || unit === undefined) {
    throw new ShoalError("BAD_REQUEST", `"${duration}" is no duration. Write a number and ms, s, m, h or d.`);
  }
  return Number(count) * units[unit as keyof typeof units];
}
