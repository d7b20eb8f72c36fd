import assert from "node:assert/strict";
import { auctions } from "@shoal/contract/auctions";
import { type UseAuction, useAuction } from "@shoal/react/auctions";
import { system } from "@shoal/server";
import { expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { startServer, type TestServer } from "../../client/test/support/server.ts";
import { Boundary } from "./support/boundary.tsx";
import { render, Use } from "./support/render.tsx";

const mine = "realtime.auctions.mine";

/** Sam's lamp, which is open for as long as it is said. */
async function openAuction(server: TestServer, openMs = 600_000) {
  await using sam = connect(server, "sam");
  const terms = { title: "A lamp", currency: "EUR", startPrice: 100, increments: [{ from: 0, by: 10 }] };
  const { params } = await sam.auctions.send.create(terms).then((outcome) => (outcome.ok ? outcome : assert.fail()));
  const { ok } = await sam.auctions(params).send.open({ endsAt: Date.now() + openMs });
  assert(ok);
  return params;
}

/** A page of somebody, which shows how they stand. */
function watch(client: ReturnType<typeof connect>, auctionId: string) {
  const seen: UseAuction[] = [];
  const show = () => {
    const auction = useAuction({ auctionId });
    seen.push(auction);
    const { state, phase, standing, minimum, maximum } = auction;
    const own = maximum === null ? "" : `, own ${maximum}`;
    const pending = state?.pending.map(({ name, amount }) => `, sending ${amount} as ${name}`) ?? [];
    return state ? `${phase} at ${state.price}: ${standing}${own}, from ${minimum}${pending.join("")}` : "nothing";
  };
  const page = render(client, <Use hook={show} />);
  return Object.assign(page, {
    seen,
    bid: (amount: number) => {
      const auction = seen.at(-1);
      assert(auction);
      return auction.send.placeBid({ amount, currency: "EUR" });
    },
  });
}

test("A bid leads, is seen by the others, and who is outbid sees it with the bid that did it", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using ann = connect(server, "ann");
  await using bob = connect(server, "bob");
  using hers = watch(ann, auctionId);
  using his = watch(bob, auctionId);
  await hers.shows("open at null: none, from 100");
  await his.shows("open at null: none, from 100");

  expect(await hers.bid(150)).toMatchObject({ ok: true, result: { leading: true } });
  await hers.shows("open at 100: leading, own 150, from 151");
  await his.shows("open at 100: none, from 110");
  const asked = ann.network.inputs(mine).length;
  await his.bid(200);

  await hers.shows("open at 160: outbid, own 150, from 170");
  await his.shows("open at 160: leading, own 200, from 201");
  const standings = hers.seen.filter(({ state }) => state?.price === 160).map(({ standing }) => standing);
  expect(new Set(standings)).toEqual(new Set(["outbid"]));
  expect(ann.network.inputs(mine)).toHaveLength(asked);
});

test("A bid whose answer is here before its event does not look outbid", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using ann = connect(server, "ann");
  await using bob = connect(server, "bob");
  using hers = watch(ann, auctionId);
  using his = watch(bob, auctionId);
  await hers.shows("open at null: none, from 100");
  await his.shows("open at null: none, from 100");

  ann.network.lose = ({ kind }) => kind === "events";
  expect(await hers.bid(150)).toMatchObject({ ok: true, result: { leading: true } });
  await hers.shows("open at null: none, from 100, sending 150 as A***N");
  ann.network.lose = () => false;
  await his.bid(120);

  await hers.shows("open at 130: leading, own 150, from 151");
  expect(hers.seen.map(({ standing }) => standing)).not.toContain("outbid");
});

test("A bid that was not answered is told apart from those that were", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using ann = connect(server, "ann");
  using page = watch(ann, auctionId);
  await page.shows("open at null: none, from 100");

  ann.network.online = false;
  server.cut();
  const sent = page.bid(150);
  await page.shows("open at null: none, from 100, sending 150 as A***N");
  expect(page.seen.at(-1)?.state?.recent).toEqual([]);
  ann.network.online = true;

  expect(await sent).toMatchObject({ ok: true });
  await page.shows("open at 100: leading, own 150, from 151");
  expect(page.seen.at(-1)?.state).toMatchObject({ pending: [], recent: [{ name: "A***N", price: 100 }] });
});

test("What the user bids elsewhere is learned, and so is a maximum that was raised there", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using ann = connect(server, "ann");
  await using elsewhere = connect(server, "ann");
  using page = watch(ann, auctionId);
  await page.shows("open at null: none, from 100");
  const { placeBid } = elsewhere.auctions({ auctionId }).send;

  await placeBid({ amount: 150, currency: "EUR" });
  await expect.poll(page.text, { timeout: 10_000 }).toBe("open at 100: leading, own 150, from 151");
  await placeBid({ amount: 300, currency: "EUR" });
  await expect.poll(page.text, { timeout: 10_000 }).toBe("open at 100: leading, own 300, from 301");
});

test("Who comes back is told what they have bid", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await server.realtime
    .topic(auctions, { auctionId })
    .as({ id: "ann" })
    .send.placeBid({ amount: 150, currency: "EUR" });
  await using ann = connect(server, "ann");

  using page = watch(ann, auctionId);

  await page.shows("open at 100: leading, own 150, from 151");
});

test("Another user of the page sees nothing of what the one before has bid", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  let user = "ann";
  await using client = connect(server, "ann", { token: () => user, user: () => ({ id: user }) });
  using page = watch(client, auctionId);
  await page.shows("open at null: none, from 100");
  await page.bid(150);
  await page.shows("open at 100: leading, own 150, from 151");

  user = "bob";
  client.checkUser();

  await page.shows("open at 100: none, from 110");
});

test("Who is not signed in watches, and is not asked after again", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using nobody = connect(server, null);
  using page = watch(nobody, auctionId);
  await page.shows("open at null: none, from 100");
  const bid = (id: string, amount: number) =>
    server.realtime.topic(auctions, { auctionId }).as({ id }).send.placeBid({ amount, currency: "EUR" });

  await bid("ann", 150);
  await page.shows("open at 100: none, from 110");
  await bid("bob", 200);
  await page.shows("open at 160: none, from 170");

  expect(nobody.network.inputs(mine)).toHaveLength(1);
});

test("At its end it is closing, by the server's clock, until the server has spoken", async () => {
  const hour = 3_600_000;
  await using server = await startServer({ ahead: hour });
  const { auctionId } = await openAuction(server, hour + 1_500);
  await using ann = connect(server, "ann");
  using page = watch(ann, auctionId);
  await page.shows("open at null: none, from 100");
  await page.bid(150);

  await expect.poll(page.text, { timeout: 10_000 }).toBe("closed at 100: won, own 150, from 151");

  const phases = page.seen.filter(({ state }) => state).map(({ phase }) => phase);
  expect(phases.filter((phase, index) => phase !== phases[index - 1])).toEqual(["open", "closing", "closed"]);
});

test("Another generation of the auction knows of no bid", async () => {
  await using server = await startServer();
  const { auctionId } = await openAuction(server);
  await using ann = connect(server, "ann");
  using page = watch(ann, auctionId);
  await page.shows("open at null: none, from 100");
  await page.bid(150);
  await page.shows("open at 100: leading, own 150, from 151");

  await server.realtime.topic(auctions, { auctionId }).as(system).erase();

  await page.shows("draft at null: none, from null");
});

test("A page whose client does not know of auctions fails with what to do about it", async () => {
  await using server = await startServer();
  await using ann = connect(server, "ann", { channels: [] as never });
  const failed: string[] = [];
  const show = () => useAuction({ auctionId: "lamp" }).status;

  using _page = render(
    ann,
    <Boundary onError={({ message }) => failed.push(message)}>
      <Use hook={show} />
    </Boundary>,
  );

  expect(new Set(failed)).toEqual(
    new Set(['The client has no channel "auctions". Add it to `channels` of createClient.']),
  );
});
