import { ShoalError } from "@shoal/contract";
import type { Auctions, Bid } from "@shoal/contract/auctions";
import { useState } from "react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import { firstOf, followBids, prependBids, startAtBids } from "./seen-bids.ts";

interface Bids {
  /** The bids that are known here, in their order. */
  readonly bids: readonly Bid[];
  /** Loads those before them; undefined where there are none. */
  readonly older: (() => void) | undefined;
  readonly loading: boolean;
  readonly error: string | undefined;
}

/** The bids of an auction: the newest, those that were seen since the page is open, and as many older ones as were asked for. */
export function useBids(auctionId: string, { recent, bids: all }: Auctions["state"]): Bids {
  const { client } = useStore(visit);
  const [known, setSeen] = useState(() => startAtBids(recent));
  const seen = known.recent === recent ? known : followBids(known, recent);
  if (seen !== known) setSeen(seen);
  const [request, setRequest] = useState<{ readonly loading: boolean; readonly error?: string }>({ loading: false });
  const bids = [...seen.past, ...seen.recent];

  const load = async () => {
    setRequest({ loading: true });
    try {
      const cursor = firstOf(seen)?.offset;
      const page = await client.auctions.query.bids({ auctionId, ...(cursor && { cursor }) });
      setSeen((now) => prependBids(now, page, cursor));
      setRequest({ loading: false });
    } catch (error) {
      const text = error instanceof ShoalError ? error.message : "They could not be loaded. Try again.";
      setRequest({ loading: false, error: text });
    }
  };
  return {
    bids,
    older: bids.length < all && !seen.whole ? () => void load() : undefined,
    loading: request.loading,
    error: request.error,
  };
}
