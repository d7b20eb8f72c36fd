import { auctions, maxWatched, type WatchedAuctions, watchedAuctions } from "@shoal/contract/auctions";
import { effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";

/** Serves {@link watchedAuctions}: each user's own watch list, which nobody else may see. */
export function serveWatchedAuctions<W extends User | null = User | null, C = object>(): ServedChannel<
  WatchedAuctions,
  W,
  C
> {
  return serveChannel<WatchedAuctions, W, C>(watchedAuctions, {
    owner: ({ userId }) => userId,
    authorize: ({ user, params }) => user?.id === params.userId,
    commands: {
      add({ state: { auctionIds }, input, emit, reject }) {
        if (auctionIds.includes(input.auctionId)) return;
        if (auctionIds.length >= maxWatched) return reject("TOO_MANY", { most: maxWatched });
        emit("added", input);
      },
      remove({ state: { auctionIds }, input, emit }) {
        if (auctionIds.includes(input.auctionId)) emit("removed", input);
      },
    },
    effects({ type, data }, { params: { userId } }) {
      if (type === "added") return [effect(auctions, data, "follow", { userId })];
      return type === "removed" ? [effect(auctions, data, "unfollow", { userId })] : [];
    },
  });
}
