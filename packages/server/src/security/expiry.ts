import { misuse } from "../channel/misuse.ts";

/** How long after they expired a renewal of credentials that was asked for in time is waited for, in milliseconds. */
export const lateRenewalMs = 3_000;

/** Nothing that is in use today expired before this instant in 1973; what lies before it was meant in seconds. */
const earliest = 1e11;

/**
 * What an application's `expiresAt` returned, in milliseconds since the epoch; `undefined` where nothing expires.
 *
 * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when it is neither an instant nor nothing
 */
export function toExpiry(value: unknown): number | undefined {
  if (value === undefined || value === null || value === Number.POSITIVE_INFINITY) return undefined;
  if (typeof value === "number" && (value <= 0 || value >= earliest)) return value;
  throw misuse(
    `\`expiresAt\` returned ${String(value)}. It returns milliseconds since the epoch, or null: multiply the seconds of a token's \`exp\` by 1000.`,
  );
}
