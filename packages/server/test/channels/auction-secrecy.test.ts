import assert from "node:assert/strict";
import { maxAmount } from "@shoal/contract/auctions";
import { describe, expect, test } from "vitest";
import { refusal } from "../support/connect.ts";
import { eventually } from "../support/recorder.ts";
import { AuctionReplica, connectTo } from "./auction-client.ts";
import { lamp } from "./auctions-app.ts";
import { startAuctions } from "./auctions-server.ts";

const hour = 3_600_000;

async function startLot(terms: object = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startAuctions());
  const connect = (token: string | null) => stack.use(connectTo(server.webSocketUrl, token));
  const seller = connect("sam");
  const created = await seller.trpc.auctions.create.mutate({ ...lamp, ...terms });
  assert(created.ok);
  const { params } = created;
  const endsAt = Date.now() + hour;
  assert((await seller.trpc.auctions.open.mutate({ ...params, endsAt })).ok);
  return { server, connect, seller, params, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe("A maximum of another bidder", () => {
  test("is in no frame, no answer, no log line and no error, and neither are the reserve and a bidder's id", async () => {
    const reserve = 777_000_111;
    await using lot = await startLot({ reserve });
    const { server, connect, params, seller } = lot;
    // Each leads with a maximum that no other comes near, so that no price and no minimum tells it.
    const maxima = { annabel: 111_000_123, benedict: 333_000_456, clothilde: 555_000_789 } as const;
    const people = Object.keys(maxima) as (keyof typeof maxima)[];
    const bidders = people.map((name) => ({ name, ...connect(name) }));
    const witness = connect("wendy");
    const watchers = [seller, witness, ...bidders];
    const replicas = watchers.map((one) => new AuctionReplica(one, params));
    await eventually(() => replicas.every(({ state }) => state?.status === "open"), "all watch");
    for (const { name, trpc } of bidders) {
      const bid = {
        ...params,
        amount: maxima[name],
        currency: "EUR",
        confirmed: true,
        commandId: `bid-${name.length}`,
      };
      assert((await trpc.auctions.placeBid.mutate(bid)).ok);
      // What is refused may not tell it either: below, far above, twice, with another input, broken.
      await trpc.auctions.placeBid.mutate({ ...bid, commandId: "low", amount: 1 });
      await trpc.auctions.placeBid.mutate({ ...bid, commandId: "high", amount: maxAmount, confirmed: false });
      await trpc.auctions.placeBid.mutate(bid);
      await refusal(trpc.auctions.placeBid.mutate({ ...bid, amount: 999_999 }));
      await trpc.auctions.mine.query(params);
    }
    for (const one of watchers) {
      await one.trpc.auctions.bids.query(params);
      await one.trpc.auctions.list.query({});
      await one.trpc.auctions.mine.query(params);
      await refusal(one.untyped.mutation("realtime.auctions.placeBid", { ...params, amount: "much", currency: "EUR" }));
    }
    await using late = connectTo(server.webSocketUrl, "late");
    const latecomer = new AuctionReplica(late, params);
    await eventually(() => latecomer.state?.bids === 3, "the latecomer has the state");
    await eventually(() => replicas.every(({ offset }) => offset === latecomer.offset), "all have heard all");

    for (const one of [...watchers, late]) {
      const name = "name" in one ? one.name : null;
      const seen = one.texts.join("\n");
      assert(seen.length > 1_000);
      for (const other of people.filter((person) => person !== name)) {
        expect(seen).not.toContain(String(maxima[other]));
        expect(seen).not.toContain(`"${other}"`);
      }
      if (name !== null) expect(seen).toContain(String(maxima[name as keyof typeof maxima]));
      expect(seen).not.toContain(String(reserve));
    }
    const logged = JSON.stringify(server.logged.items);
    for (const maximum of [...Object.values(maxima), reserve]) expect(logged).not.toContain(String(maximum));
    expect([...replicas, latecomer].flatMap(({ faults }) => faults)).toEqual([]);
    expect(replicas.map(({ state }) => state)).toEqual(replicas.map(() => latecomer.state));
  });

  test("is not in what goes wrong while it is decided", async () => {
    const amount = 424_242_424;
    await using lot = await startLot();
    const { server, connect, params } = lot;
    const ann = connect("ann");
    const bid = { ...params, amount, currency: "EUR", confirmed: true };
    const wrong = [
      { ...bid, currency: "EURO" },
      { ...bid, amount: amount + 0.5 },
      { ...bid, confirmed: "yes" },
      { ...bid, auctionId: "../x" },
    ];
    for (const input of wrong) {
      const { message } = await refusal(ann.untyped.mutation("realtime.auctions.placeBid", input));
      expect(message).not.toContain(String(amount));
    }
    expect(JSON.stringify(server.logged.items)).not.toContain(String(amount));
  });
});

describe("A bid over the wire", () => {
  const texts = [
    "0",
    "-1",
    "-0",
    "1.5",
    "1e400",
    "-1e400",
    "9007199254740992",
    "1000000000000001",
    '"100"',
    "null",
    "[100]",
    "{}",
    "true",
  ];

  test.each(texts)("with the amount %s is refused as a bad request, and changes nothing", async (json) => {
    await using lot = await startLot();
    const { server, params } = lot;
    const body = `{"auctionId":"${params.auctionId}","amount":${json},"currency":"EUR"}`;
    const response = await fetch(`${server.url}/realtime.auctions.placeBid`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer ann" },
      body,
    });
    expect(response.status).toBe(400);
    const { items } = await server.as("sam").auctions.list({});
    expect(items).toMatchObject([{ bids: 0, price: null }]);
  });

  test("without an amount, with NaN, or in a currency that is none, is refused", async () => {
    await using lot = await startLot();
    const ann = lot.connect("ann");
    for (const input of [{}, { amount: Number.NaN }, { amount: 100, currency: "eur" }, { amount: 100, currency: "" }]) {
      const call = ann.untyped.mutation("realtime.auctions.placeBid", { ...lot.params, currency: "EUR", ...input });
      expect(await refusal(call)).toMatchObject({ code: "BAD_REQUEST" });
    }
  });
});
