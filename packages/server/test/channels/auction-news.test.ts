import { type Auctions, auctions } from "@shoal/contract/auctions";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { allBidders, withBidder, withoutBidder } from "../../src/channels/auction-bidders.ts";
import { newsOf, peopleAtOnce, toPeople } from "../../src/channels/auction-effects.ts";
import type { AuctionSecret } from "../../src/channels/auction-private.ts";
import { tries } from "../support/seed.ts";
import { lamp } from "./auctions-app.ts";

const params = { auctionId: "lot" };
const lot = {
  ...lamp,
  description: "",
  seller: { id: "sam", name: "Sam" },
  proxy: true,
  softClose: null,
  hasReserve: false,
};
const over: Auctions["state"] = { ...auctions.initial(params), status: "closed", result: "sold", lot, price: 100 };

/** The offset of the event that is told. */
const last = 10_000;

type Turn = Auctions["events"]["peopleTold"];
type Event = Parameters<typeof newsOf>[0];

const eventOf = (type: string, data: object) =>
  ({ type, data, offset: last, at: 0, secret: undefined }) as unknown as Event;

const begins = { endingSoon: {}, closed: { result: "sold" }, cancelled: {} };

test("Each whom an event concerns is told once, at most so many at a time, whoever is taken out of the lists meanwhile", () => {
  const history = fc.record({
    of: fc.constantFrom("endingSoon" as const, "closed" as const, "cancelled" as const),
    bidders: fc.integer({ min: 0, max: 3 * peopleAtOnce }),
    followers: fc.integer({ min: 0, max: 3 * peopleAtOnce }),
    /** After each turn, whom the application erases: by a place in the lists. */
    erased: fc.array(fc.array(fc.nat(6 * peopleAtOnce), { maxLength: 20 }), { maxLength: 8 }),
  });
  const check = fc.property(history, ({ of, bidders, followers, erased }) => {
    // Every other follower has bid too. Their events lie between one another.
    let hidden: AuctionSecret = {
      reserve: null,
      outbid: null,
      leader: bidders > 0 ? { userId: "b0", maximum: 200 } : null,
      bidders: Array.from({ length: bidders }, (_, at) => at).reduce(
        (all, at) => withBidder(all, { userId: `b${at}`, bidder: `x${at}`, offset: 2 * at + 1 }),
        {},
      ),
      followers: Array.from({ length: followers }, (_, at) => ({
        userId: at % 2 === 0 ? `b${at}` : `f${at}`,
        offset: 2 * at + 2,
      })),
    };
    const idsOf = ({ bidders, followers }: AuctionSecret) => {
      const inTime = allBidders(bidders).filter(({ offset }) => offset < last);
      const ids = new Set([...inTime, ...(of === "endingSoon" ? followers : [])].map(({ userId }) => userId));
      if (of === "closed") ids.delete("b0");
      return ids;
    };
    const before = idsOf(hidden);
    const told: string[] = [];
    let event: Event | undefined = eventOf(of, begins[of]);
    for (let turn = 0; event !== undefined; turn += 1) {
      const context = {
        params,
        state: { ...over, status: of === "endingSoon" ? ("open" as const) : over.status },
        private: hidden,
      };
      const others = newsOf(event, context).filter(({ kind }) => kind !== "won" && kind !== "sold");
      expect(others.length).toBeLessThanOrEqual(peopleAtOnce);
      told.push(...others.map(({ userId }) => userId));
      const [next] = toPeople(event, context);
      event = next && eventOf("peopleTold", next.input as Turn);
      // Followers bid meanwhile.
      if (of !== "closed")
        for (const [at, { userId }] of hidden.followers.entries()) {
          if (at % 7 !== turn || userId.startsWith("b")) continue;
          const bidder = { userId, bidder: userId, offset: last + 1_000 * (turn + 1) + at };
          hidden = { ...hidden, bidders: withBidder(hidden.bidders, bidder) };
        }
      const places = new Set(erased[turn]);
      const stays = (_: unknown, place: number) => !places.has(place);
      hidden = {
        ...hidden,
        bidders: [...places].reduce((all, place) => withoutBidder(all, 2 * place + 1), hidden.bidders),
        followers: hidden.followers.filter(stays),
      };
    }
    expect(new Set(told).size).toBe(told.length);
    for (const userId of idsOf(hidden)) expect(told).toContain(userId);
    for (const userId of told) expect(before).toContain(userId);
  });
  fc.assert(check, tries(60));
});
