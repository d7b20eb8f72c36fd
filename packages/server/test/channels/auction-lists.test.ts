import assert from "node:assert/strict";
import { auctions } from "@shoal/contract/auctions";
import { createMemoryStore, createSqliteStore, type Store, system } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { hasPostgres, openDatabase, openDatabaseOn } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { tries } from "../support/seed.ts";
import { lamp } from "./auctions-app.ts";
import { createAuctions } from "./auctions-server.ts";

type App = ReturnType<typeof createAuctions>;
type List = Parameters<ReturnType<App["as"]>["auctions"]["list"]>[0];

const hour = 3_600_000;

async function create(app: App, seller: string, terms: object = {}) {
  const created = await app.as(seller).auctions.create({ ...lamp, ...terms });
  assert(created.ok);
  return created.params;
}

/** All that a list holds, page by page. */
async function readAll(app: App, who: string | null, input: List): Promise<string[]> {
  const read: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const { items, nextCursor } = await app
      .as(who)
      .auctions.list({ ...input, ...(cursor !== undefined && { cursor }) });
    read.push(...items.map(({ auctionId }) => auctionId));
    if (nextCursor === null) return read;
    cursor = nextCursor;
  }
}

interface Kind {
  readonly name: string;
  readonly here: boolean;
  /** Where the stores of all tests are, each on data of its own. */
  prepare(stack: AsyncDisposableStack): Promise<() => Promise<Store>>;
}

const kinds: readonly Kind[] = [
  { name: "memory", here: true, prepare: async () => async () => createMemoryStore() },
  {
    name: "SQLite",
    here: true,
    async prepare(stack) {
      const folder = stack.use(await temporaryFolder());
      let made = 0;
      return async () => createSqliteStore({ path: folder.file(`shoal-${made++}.db`) });
    },
  },
  {
    name: "Postgres",
    here: hasPostgres,
    async prepare(stack) {
      const { url } = stack.use(await openDatabase());
      // The tables of a channel have one name each in a database, so that each test needs one.
      return async () => {
        const database = stack.use(await openDatabaseOn(url));
        return createPostgresStore({ connectionString: database.url, logger: quiet });
      };
    },
  },
];

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`The list of auctions, on ${name},`, () => {
    const places = new AsyncDisposableStack();
    let open: () => Promise<Store>;
    beforeAll(async () => {
      open = await prepare(places);
    }, 60_000);
    afterAll(() => places.disposeAsync());

    test("has each once, by its end, page by page, whatever ends together, and for their seller alone what never had an end", async () => {
      await using app = createAuctions({ store: await open() });
      const begin = Date.now() + hour;
      const ends = [3, 1, 2, 2, 2, 1, 3, 5];
      const made: { auctionId: string; endsAt: number; seller: string }[] = [];
      for (const [index, end] of ends.entries()) {
        const seller = index % 2 === 0 ? "sam" : "sue";
        const params = await create(app, seller, { title: `Lot ${index}` });
        const endsAt = begin + end * hour;
        const times = { opensAt: begin, endsAt };
        expect(await app.as(seller).auctions.schedule({ ...params, ...times })).toMatchObject({ ok: true });
        made.push({ ...params, endsAt, seller });
      }
      const draft = await create(app, "sam");
      const dropped = await create(app, "sam");
      expect(await app.as("sam").auctions.cancel(dropped)).toMatchObject({ ok: true });
      await app.as("sam@acme").auctions.create(lamp);
      const byEnd = (one: (typeof made)[number], other: (typeof made)[number]) =>
        one.endsAt - other.endsAt || (one.auctionId < other.auctionId ? -1 : 1);
      const ids = (of: typeof made) => of.toSorted(byEnd).map(({ auctionId }) => auctionId);
      const check = fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom("soonest" as const, "latest" as const),
        fc.constantFrom(undefined, "sam", "sue"),
        async (limit, order, seller) => {
          const input = { limit, order, ...(seller !== undefined && { seller }) };
          const expected = ids(made.filter((one) => seller === undefined || one.seller === seller));
          const read = await readAll(app, "eve", input);
          expect(read).toEqual(order === "soonest" ? expected : expected.toReversed());
          const own = await readAll(app, "sam", input);
          const drafted = [draft.auctionId, dropped.auctionId].toSorted();
          const theirs = seller === "sue" ? expected : [...expected, ...drafted];
          expect(own).toEqual(order === "soonest" ? theirs : theirs.toReversed());
        },
      );
      await fc.assert(check, tries(12));
      expect(await readAll(app, "sam", { status: "draft" })).toEqual([draft.auctionId]);
      expect(await readAll(app, "eve", { status: "draft" })).toEqual([]);
      expect(await readAll(app, "sam", { status: "cancelled" })).toEqual([dropped.auctionId]);
      expect(await readAll(app, "eve", { status: "cancelled" })).toEqual([]);
      expect(await readAll(app, "eve", { seller: "sam" })).not.toContain(dropped.auctionId);
      await expect(app.as(null).auctions.list({})).rejects.toMatchObject({ code: "UNAUTHORIZED" });
      await expect(app.as("eve").auctions.list({ cursor: "1; DROP" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    });

    test("tells the price and the end as the auction does, and of a bidder's own bids to that bidder alone", async () => {
      await using app = createAuctions({ store: await open() });
      const softClose = { windowMs: 2 * hour, extendMs: hour, maxTotalMs: null };
      const params = await create(app, "sam", { softClose });
      await app.as("sam").auctions.open({ ...params, endsAt: Date.now() + hour });
      const place = (who: string, amount: number) =>
        app.as(who).auctions.placeBid({ ...params, amount, currency: "EUR", confirmed: true });
      await Promise.all([place("ann", 1_000), place("ann", 1_500), place("ben", 700), place("ben", 900)]);
      const state = await app.realtime.topic(auctions, params).as(system).state();
      const { items } = await app.as("eve").auctions.list({ status: "open" });
      const { status, price, bids, endsAt, opensAt } = state;
      expect(items).toMatchObject([{ ...params, title: "A lamp", status, price, bids, endsAt, opensAt }]);
      const leads = { maximum: 1_500, standing: "leading", bidder: state.leader?.bidder };
      expect(await app.as("ann").auctions.mine(params)).toEqual(leads);
      expect(await app.as("ben").auctions.mine(params)).toMatchObject({ maximum: 900, standing: "outbid" });
      expect(await app.as("eve").auctions.mine(params)).toEqual({ bidder: null, maximum: null, standing: "none" });
      await expect(app.as(null).auctions.mine(params)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
      expect((await app.as("eve").auctions.bids(params)).items).toEqual(state.recent.toReversed());
    });

    test("pages back through all bids, newest first, each once", async () => {
      await using app = createAuctions({ store: await open() });
      const params = await create(app, "sam", { proxy: false });
      await app.as("sam").auctions.open({ ...params, endsAt: Date.now() + hour });
      const many = 230;
      const place = (amount: number) =>
        app.as(amount % 20 === 0 ? "ann" : "ben").auctions.placeBid({ ...params, amount, currency: "EUR" });
      const amounts = Array.from({ length: many }, (_, index) => 100 + index * 10);
      await Promise.all(amounts.map(place));
      const prices: number[] = [];
      let cursor: number | null | undefined;
      while (cursor !== null) {
        const page = await app
          .as("eve")
          .auctions.bids({ ...params, limit: 37, ...(cursor !== undefined && { cursor }) });
        prices.push(...page.items.map(({ price }) => price));
        cursor = page.nextCursor;
      }
      expect(prices).toEqual(amounts.toReversed());
    });

    test("answers a cursor from beyond the log, and a seller whom no store can name", async () => {
      await using app = createAuctions({ store: await open() });
      const params = await create(app, "sam");
      await app.as("sam").auctions.open({ ...params, endsAt: Date.now() + hour });
      const beyond = { ...params, cursor: Number.MAX_SAFE_INTEGER };
      expect(await app.as("eve").auctions.bids(beyond)).toEqual({ items: [], nextCursor: null });
      await app.as("ann").auctions.placeBid({ ...params, amount: 100, currency: "EUR" });
      expect(await app.as("eve").auctions.bids(beyond)).toMatchObject({ items: [{ price: 100 }], nextCursor: null });
      for (const seller of ["sam\0", "sam\uD800"]) {
        await expect(app.as("eve").auctions.list({ seller })).rejects.toMatchObject({ code: "BAD_REQUEST" });
      }
    });

    test("forgets what a user who is erased would have paid, and nobody else's", async () => {
      await using app = createAuctions({ store: await open() });
      const params = await create(app, "sam");
      await app.as("sam").auctions.open({ ...params, endsAt: Date.now() + hour });
      for (const [who, amount] of [
        ["ann", 500],
        ["ben", 300],
        ["ann", 600],
      ] as const) {
        await app.as(who).auctions.placeBid({ ...params, amount, currency: "EUR" });
      }
      await app.realtime.eraseUser("ann");
      expect(await app.as("ann").auctions.mine(params)).toEqual({ bidder: null, maximum: null, standing: "none" });
      expect(await app.as("ben").auctions.mine(params)).toMatchObject({ maximum: 300, standing: "outbid" });
      expect((await app.as("ben").auctions.bids(params)).items).toMatchObject([{ name: "B***N", price: 310 }]);
    });

    test("forgets an auction that is erased", async () => {
      await using app = createAuctions({ store: await open() });
      const params = await create(app, "sam");
      await app.as("sam").auctions.open({ ...params, endsAt: Date.now() + hour });
      await app.as("ann").auctions.placeBid({ ...params, amount: 100, currency: "EUR" });
      await app.realtime.topic(auctions, params).as(system).erase();
      expect(await readAll(app, "sam", {})).toEqual([]);
      expect(await app.as("ann").auctions.mine(params)).toMatchObject({ maximum: null, standing: "none" });
    });
  });
}
