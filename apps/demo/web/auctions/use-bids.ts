import { ShoalError } from "@shoal/contract";
import { type Auctions, type Bid, bidWindow } from "@shoal/contract/auctions";
import { useState } from "react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";

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
  const [seen, setSeen] = useState<Seen>({ past: [], recent });
  const { past } = seen.recent === recent ? seen : follow(seen, recent);
  if (seen.recent !== recent) setSeen({ past, recent });
  const [request, setRequest] = useState<{ readonly loading: boolean; readonly error?: string }>({ loading: false });
  const [atBeginning, setAtBeginning] = useState(false);
  const bids = [...past, ...recent];

  const load = async () => {
    setRequest({ loading: true });
    try {
      const cursor = bids[0]?.offset;
      const page = await client.auctions.query.bids({ auctionId, ...(cursor && { cursor }) });
      setSeen((now) => ({ ...now, past: [...page.items.toReversed(), ...now.past] }));
      setAtBeginning(page.nextCursor === null);
      setRequest({ loading: false });
    } catch (error) {
      const text = error instanceof ShoalError ? error.message : "They could not be loaded. Try again.";
      setRequest({ loading: false, error: text });
    }
  };
  return {
    bids,
    older: bids.length < all && !atBeginning ? () => void load() : undefined,
    loading: request.loading,
    error: request.error,
  };
}

interface Seen {
  /** Those before `recent`. */
  readonly past: readonly Bid[];
  readonly recent: readonly Bid[];
}

/** What leaves a full window is kept. What leaves another one was erased with its bidder. */
function follow({ past, recent: before }: Seen, recent: readonly Bid[]): Seen {
  const first = recent[0];
  if (!first || recent.length < bidWindow) return { past, recent };
  return { past: [...past, ...before.filter(({ offset }) => offset < first.offset)], recent };
}
