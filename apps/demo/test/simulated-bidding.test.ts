import { maxAmount } from "@shoal/contract/auctions";
import { expect, test } from "vitest";
import { mostSimulations } from "../contract/simulation.ts";
import { canOffer, offerOf } from "../server/simulated-offer.ts";
import { simulatedBidders, simulatedSeller } from "../server/simulated-people.ts";
import { type Caller, callOverHttp, callOverWebSocket } from "./callers.ts";
import { openDemo, temporaryFolder } from "./demo.ts";

/** How long simulated bidders may take to bid, in milliseconds. */
const patience = 20_000;

async function tokenOf(url: string): Promise<string> {
  await using caller = callOverHttp(url, undefined);
  return (await caller.trpc.session.create.mutate({ name: "Ada" })).token;
}

async function bidsOf({ trpc }: Caller, auctionId: string) {
  return (await trpc.realtime.auctions.bids.query({ auctionId })).items;
}

/** The first state of a lot's simulation that the caller is shown. */
async function simulationOf({ trpc }: Caller, auctionId: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{ on: boolean; bidders: readonly string[] }>();
  const watch = trpc.realtime.simulation.watch.subscribe(
    { auctionId },
    { onData: ({ data }) => data.kind === "snapshot" && resolve(data.state), onError: reject },
  );
  try {
    return await promise;
  } finally {
    watch.unsubscribe();
  }
}

test("What the house offers gets bids of simulated people, each of whom is labelled, and goes on after a restart", async () => {
  await using folder = await temporaryFolder();
  const first = await openDemo({ dataDir: folder.path });
  const token = await tokenOf(first.url);
  const [auctionId, before] = await (async () => {
    await using ada = callOverWebSocket(first.url, token);
    const offered = await ada.trpc.auctionHouse.offer.mutate();
    await expect
      .poll(async () => (await bidsOf(ada, offered.auctionId)).length, { timeout: patience })
      .toBeGreaterThan(0);
    return [offered.auctionId, (await bidsOf(ada, offered.auctionId)).length];
  })();
  await first.close();

  await using second = await openDemo({ dataDir: folder.path });
  await using ada = callOverWebSocket(second.url, token);
  await expect.poll(async () => (await bidsOf(ada, auctionId)).length, { timeout: patience }).toBeGreaterThan(before);

  const { items } = await ada.trpc.realtime.auctions.list.query({ seller: simulatedSeller.id });
  expect(items).toMatchObject([{ auctionId, status: "open", seller: { name: simulatedSeller.name } }]);
  const unlabelled = async () => {
    const bids = await bidsOf(ada, auctionId);
    const { bidders } = await simulationOf(ada, auctionId);
    return bids.filter(({ bidder }) => !bidders.includes(bidder));
  };
  // A bid is labelled once it is known whose it is.
  await expect.poll(unlabelled, { timeout: patience }).toEqual([]);
  expect((await simulationOf(ada, auctionId)).bidders.length).toBeLessThanOrEqual(simulatedBidders.length);
});

test("Simulated people leave where there is no lot", async () => {
  await using demo = await openDemo();
  await using ada = callOverWebSocket(demo.url, await tokenOf(demo.url));
  const { simulation } = ada.trpc.realtime;

  await simulation.switchOn.mutate({ auctionId: "nothing" });

  await expect.poll(async () => (await simulationOf(ada, "nothing")).on, { timeout: patience }).toBe(false);
});

test("The house offers something also while people bid for as much that others sell", async () => {
  await using demo = await openDemo({ rates: { commandsPerMinute: 0 } });
  await using ada = callOverWebSocket(demo.url, await tokenOf(demo.url));
  const { auctions, simulation } = ada.trpc.realtime;
  for (let lot = 0; lot < mostSimulations; lot += 1) {
    const created = await auctions.create.mutate({ title: "A lamp", currency: "EUR", startPrice: 20_00 });
    if (!created.ok) throw new Error("The lamp could not be offered.");
    await auctions.open.mutate({ ...created.params, endsAt: Date.now() + 3_600_000 });
    await simulation.switchOn.mutate(created.params);
  }

  const { auctionId } = await ada.trpc.auctionHouse.offer.mutate();

  await expect.poll(async () => (await bidsOf(ada, auctionId)).length, { timeout: patience }).toBeGreaterThan(0);
});

test("No simulated bid is greater than a bid may be, whatever the seller asks for", () => {
  const lot = {
    title: "A lamp",
    description: "",
    seller: { id: "sam", name: "Sam" },
    currency: "EUR",
    startPrice: maxAmount / 2,
    increments: [{ from: 0, by: maxAmount / 2 }],
    proxy: true,
    softClose: null,
    hasReserve: false,
  };
  const worth = maxAmount * 4;
  const first = { lot, price: null };
  expect(Array.from({ length: 100 }, () => offerOf(first, worth)).filter((offer) => offer > maxAmount)).toEqual([]);
  expect(canOffer(first, worth)).toBe(true);
  expect(canOffer({ lot, price: maxAmount }, worth)).toBe(false);
});

test("Only who is signed in has the house offer something, or switches simulated people on", async () => {
  await using demo = await openDemo();
  await using visitor = callOverWebSocket(demo.url, undefined);

  const offer = visitor.trpc.auctionHouse.offer.mutate();
  await expect(offer).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
  const switching = visitor.trpc.realtime.simulation.switchOn.mutate({ auctionId: "nothing" });
  await expect(switching).rejects.toMatchObject({ data: { code: "UNAUTHORIZED" } });
});
