import { auctions } from "@shoal/contract/auctions";
import { consoleLogger, initRealtime, type Store } from "@shoal/server";
import { serveAuctionLobby, serveAuctions } from "@shoal/server/auctions";
import { initTRPC } from "@trpc/server";

export interface Context {
  readonly user: { readonly id: string } | null;
}

const day = 86_400_000;

/** How much each bid is above all before it, in minor units, with increments of one: whatever is bid is taken. */
const step = 10;

/** Auctions over a store, as an application would serve them, with their lobby or without. */
export function serveLots(store: Store, lobby = false) {
  const t = initTRPC.context<Context>().create();
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const key = "a key for the benchmark, of no use elsewhere";
  const realtime = createRealtime({
    channels: [
      serveAuctions<Context["user"], Context>({ key, lobby, confirmAbove: Number.POSITIVE_INFINITY }),
      serveAuctionLobby<Context["user"], Context>(),
    ],
    store,
    rates: { commandsPerMinute: 0 },
    logger: { ...consoleLogger, info: () => {} },
  });
  return { t, realtime };
}

type Lots = ReturnType<typeof serveLots>["realtime"];

/** Opens so many lots that last for a day. @returns their params */
export async function openLots(realtime: Lots, count: number) {
  const seller = { id: "seller" };
  const terms = { title: "A lamp", currency: "EUR", startPrice: 1, increments: [{ from: 0, by: 1 }] };
  const softClose = { windowMs: 60_000, extendMs: 60_000, maxTotalMs: null };
  const lots = Array.from({ length: count }, async () => {
    const created = await realtime
      .channel(auctions)
      .as(seller)
      .create({ ...terms, softClose });
    if (!created.ok) throw new Error("a lot was not created");
    await realtime
      .topic(auctions, created.params)
      .as(seller)
      .send.open({ endsAt: Date.now() + day });
    return created.params;
  });
  return await Promise.all(lots);
}

/** Bids on the lots in turn, by `people` in all, at least two for each lot, who outbid one another: each bid is above all before it. */
export async function bidder(realtime: Lots, lots: number, people: number): Promise<() => Promise<void>> {
  const opened = await openLots(realtime, lots);
  const each = Math.max(2, Math.ceil(people / lots));
  const handles = opened.map((params, lot) =>
    Array.from({ length: each }, (_, index) => realtime.topic(auctions, params).as({ id: `user-${lot}-${index}` })),
  );
  let bids = 0;
  return async () => {
    const handle = handles[bids % lots]?.[Math.floor(bids / lots) % each];
    bids += 1;
    const outcome = await handle?.send.placeBid({ amount: bids * step, currency: "EUR" });
    if (!outcome?.ok) throw new Error(`a bid was not accepted: ${JSON.stringify(outcome)}`);
  };
}
