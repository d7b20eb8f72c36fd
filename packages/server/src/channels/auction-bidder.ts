import { createHmac } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import type { User } from "../user.ts";

const leastKeyLength = 32;

/**
 * Ids under which users bid: the same for a user in an auction, others in others, and nothing from which the user can be told without the
 * key.
 *
 * @throws {ShoalError} `BAD_REQUEST` when the key is too short
 */
export function bidderIds(key: string): (user: User, auctionId: string) => string {
  if (key.length < leastKeyLength) {
    throw new ShoalError(
      "BAD_REQUEST",
      `The key of the auctions has ${key.length} characters. Give it at least ${leastKeyLength} random ones, the same on all nodes.`,
    );
  }
  return ({ id, tenant = null }, auctionId) => {
    const text = JSON.stringify([tenant, auctionId, id]);
    return createHmac("sha256", key).update(text).digest("base64url").slice(0, 22);
  };
}
