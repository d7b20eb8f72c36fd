import { ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import type { User } from "../user.ts";
import { lateRenewalMs } from "./expiry.ts";

/** Who calls, as the base procedure made it of a context, and until when that holds. */
export interface Identity {
  readonly user: User | null;
  readonly ctx: unknown;
  /** In milliseconds since the epoch; absent where it does not end. */
  readonly expiresAt?: number | undefined;
}

/** The same for the same user, and for nobody else. */
export function userKey(userId: string, tenant: string | null | undefined): string {
  return JSON.stringify([userId, tenant ?? null]);
}

/** Whose key it is. */
export function fromUserKey(key: string): readonly [userId: string, tenant: string | null] {
  return JSON.parse(key);
}

function isExpired({ expiresAt }: Pick<Identity, "expiresAt">, now = Date.now()): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

const hasExpired = "What you signed in with has expired. Sign in again.";

/** Why a watch ends whose user has to sign in again. */
export function expired(): ShoalError {
  return new ShoalError("UNAUTHORIZED", hasExpired);
}

/** @throws {TRPCError} `UNAUTHORIZED` when who calls has to sign in again */
export function refuseExpired(identity: Pick<Identity, "expiresAt">, now = Date.now()): void {
  if (isExpired(identity, now)) throw new TRPCError({ code: "UNAUTHORIZED", message: hasExpired });
}

/**
 * As {@link refuseExpired}, for what is asked once and may have been asked while the credentials of its connection were being renewed.
 *
 * @throws {TRPCError} `UNAUTHORIZED` when who calls has to sign in again
 */
export function refuseLongExpired(identity: Pick<Identity, "expiresAt">): void {
  refuseExpired(identity, Date.now() - lateRenewalMs);
}
