import { ShoalError } from "@shoal/contract";
import type { Auctions } from "@shoal/contract/auctions";
import { useEffect, useState } from "react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";

export type ListedLot = Auctions["queries"]["list"]["output"]["items"][number];

type Which = Pick<Auctions["queries"]["list"]["input"], "status" | "seller">;

/** A page that is asked for; another object asks for the same one again. */
interface Wanted {
  readonly cursor: string | undefined;
}

interface ListedLots {
  /** Undefined until the first page is here. */
  readonly lots: readonly ListedLot[] | undefined;
  readonly error: string | undefined;
  /** Asks again for what could not be loaded. */
  readonly retry: () => void;
  /** Loads the next page; undefined where there is none, or one is being loaded. */
  readonly more: (() => void) | undefined;
}

/** A list of lots, as far as it was asked for. */
export function useListedLots({ status, seller }: Which): ListedLots {
  const { client } = useStore(visit);
  const [lots, setLots] = useState<readonly ListedLot[]>();
  const [next, setNext] = useState<string | null>(null);
  const [wanted, setWanted] = useState<Wanted>({ cursor: undefined });
  const [error, setError] = useState<string>();
  useEffect(() => {
    const ended = new AbortController();
    const input = { order: "latest" as const, limit: 24, ...(status && { status }), ...(seller && { seller }) };
    client.auctions.query
      .list({ ...input, ...(wanted.cursor !== undefined && { cursor: wanted.cursor }) }, { signal: ended.signal })
      .then(({ items, nextCursor }) => {
        setLots((before = []) => (wanted.cursor === undefined ? items : append(before, items)));
        setNext(nextCursor);
        setError(undefined);
      })
      .catch((cause: unknown) => {
        if (ended.signal.aborted) return;
        setError(cause instanceof ShoalError ? cause.message : "The lots could not be loaded. Try again.");
      });
    return () => ended.abort();
  }, [client, status, seller, wanted]);
  const retry = () => {
    setError(undefined);
    setWanted({ ...wanted });
  };
  const more = next === null || next === wanted.cursor ? undefined : () => setWanted({ cursor: next });
  return { lots, error, retry, more };
}

/** A lot that has moved meanwhile, such as a draft that was opened, is where it came last. */
function append(before: readonly ListedLot[], items: readonly ListedLot[]): readonly ListedLot[] {
  const ids = new Set(items.map(({ auctionId }) => auctionId));
  return [...before.filter(({ auctionId }) => !ids.has(auctionId)), ...items];
}
