"use client";

import { minimumBidOf, type OwnBid, ownBidsOf } from "@shoal/client/auctions";
import {
  type AuctionPhase,
  type Auctions,
  auctions,
  phaseOf,
  type Standing,
  standingOf,
} from "@shoal/contract/auctions";
import { useMemo } from "react";
import type { UseChannel } from "./channel-view.ts";
import { clockSource } from "./clock-source.ts";
import { useClient } from "./provider.tsx";
import { useChannel } from "./use-channel.ts";
import { asItIs, type Source, useSource } from "./use-source.ts";

type State = Auctions["state"];

/** What an auction is to the one who looks at it. */
export interface AuctionView extends OwnBid {
  /** Where the auction is: `closing` when the clock says that it has ended and the server has not spoken; `draft` until there is a state. */
  readonly phase: AuctionPhase;
  readonly standing: Standing;
  /** The least that this user may bid now, in minor units; null while there is no lot. Who leads raises their own maximum. */
  readonly minimum: number | null;
}

/** An auction as it is now, how the user stands in it, and what can be done. */
export type UseAuction = UseChannel<Auctions> & AuctionView;

/**
 * Watches an auction while the component is mounted. Besides what `useChannel` returns there is how the user stands: whoever is outbid sees
 * it with the event that outbid them. A bid that was sent and not answered is in `pending` of the state, and in nothing else of it.
 *
 * It needs a client that was created with the contract `auctions`.
 *
 * @example
 * ```tsx
 * const { state, phase, standing, minimum, send } = useAuction({ auctionId });
 * ```
 */
export function useAuction(params: Auctions["params"]): UseAuction {
  const client = useClient();
  const auction = useChannel(auctions, params);
  const { state, topic } = auction;
  const ownBids = ownBidsOf(client, topic);
  const own = useOwnBid(ownBids);
  const phase = usePhase(state);
  return useMemo(() => {
    const standing = state ? standingOf(state, own.bidder) : "none";
    const minimum = state ? minimumBidOf(state, own) : null;
    const send = { ...auction.send, placeBid: ownBids.placeBid };
    return { ...auction, ...own, send, phase, standing, minimum };
  }, [auction, state, own, ownBids, phase]);
}

const none: OwnBid = { bidder: null, maximum: null };

function useOwnBid(ownBids: ReturnType<typeof ownBidsOf>): OwnBid {
  const source: Source<OwnBid> = useMemo(
    () => ({ subscribe: ownBids.subscribe, read: () => ownBids.current, readOnServer: () => none }),
    [ownBids],
  );
  return useSource(source, asItIs);
}

/** It changes at the instant at which the auction opens or ends, by the server's clock. */
function usePhase(state: State | undefined): AuctionPhase {
  const { clock } = useClient();
  const { status = "draft", opensAt = null, endsAt = null } = state ?? {};
  const source = useMemo(() => {
    const next = (now: number) => {
      const due = status === "scheduled" ? opensAt : status === "open" ? endsAt : null;
      return due === null || due <= now ? Number.POSITIVE_INFINITY : due;
    };
    return clockSource(clock, (now): AuctionPhase => phaseOf({ status, opensAt, endsAt }, now), next);
  }, [clock, status, opensAt, endsAt]);
  return useSource(source, asItIs) ?? status;
}
