import { ShoalError } from "@shoal/contract";

/**
 * Checks an option that is a number.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is no whole number, or outside of the bounds
 */
export function checkNumber(option: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `from ${least} to ${most}`;
  throw new ShoalError("BAD_REQUEST", `\`${option}\` is a whole number, ${bounds}, and not ${value}.`);
}
