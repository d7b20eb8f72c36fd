import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { auctionId } from "./auction-fields.ts";

/** How many auctions a watch list may have. */
export const maxWatched = 200;

const definition = defineChannel(
  "watchedAuctions",
  {
    params: z.object({ userId: z.string().check(z.minLength(1), z.maxLength(128)) }),
    /** The auctions, in the order in which they were added. */
    state: z.object({ auctionIds: z.array(auctionId) }),
    events: { added: z.object({ auctionId }), removed: z.object({ auctionId }) },
    commands: {
      add: { input: z.object({ auctionId }), rejections: { TOO_MANY: z.object({ most: z.int() }) } },
      remove: { input: z.object({ auctionId }) },
    },
  },
  {
    initial: () => ({ auctionIds: [] }),
    apply: {
      added: ({ auctionIds }, { auctionId }) => ({ auctionIds: [...auctionIds, auctionId] }),
      removed: ({ auctionIds }, { auctionId }) => ({ auctionIds: auctionIds.filter((id) => id !== auctionId) }),
    },
    optimistic: {
      add: ({ auctionId }, { state }) =>
        state.auctionIds.includes(auctionId) ? [] : [{ type: "added", data: { auctionId } }],
      remove: ({ auctionId }) => [{ type: "removed", data: { auctionId } }],
    },
  },
);

export interface WatchedAuctions extends TypesOf<typeof definition> {}

/** The watch list of a user, who is told when an auction on it ends soon. */
export const watchedAuctions: Channel<WatchedAuctions> = definition;
