import { randomInt } from "node:crypto";
import { auctions } from "@shoal/contract/auctions";
import { type Realtime, system } from "@shoal/server";
import { TRPCError } from "@trpc/server";
import { mostSimulations, simulation, simulations } from "../contract/simulation.ts";
import { sampleLots } from "./sample-lots.ts";
import { simulatedSeller } from "./simulated-people.ts";
import { t, visitorProcedure } from "./trpc.ts";

/** How long a lot of the house is open, and how late bids move its end, in milliseconds. */
const openMs = 5 * 60_000;
const softClose = { windowMs: 15_000, extendMs: 15_000, maxTotalMs: 5 * 60_000 };

type Hand = Pick<Realtime<unknown>, "topic" | "channel">;

/** For who is alone and wants to bid: something to bid for, and somebody to bid against. */
export function auctionHouseRouter(realtime: Hand) {
  return t.router({
    offer: visitorProcedure.mutation(async ({ ctx: { user } }) => {
      if (!user) throw new TRPCError({ code: "UNAUTHORIZED", message: "Sign in to let the house offer a lot." });
      if ((await countOffered(realtime)) >= mostSimulations) {
        const message = `The house offers ${mostSimulations} lots at most at once. Wait until one of them has ended.`;
        throw new TRPCError({ code: "TOO_MANY_REQUESTS", message });
      }
      const sample = sampleLots[randomInt(sampleLots.length)] ?? sampleLots[0];
      const terms = { ...sample, currency: "EUR", softClose };
      const outcome = await realtime.channel(auctions).as(simulatedSeller).create(terms);
      if (!outcome.ok) throw new TRPCError({ code: "FORBIDDEN", message: "The house may not sell." });
      const { auctionId } = outcome.params;
      const lot = realtime.topic(auctions, { auctionId }).as(simulatedSeller);
      await lot.send.open({ endsAt: Date.now() + openMs });
      await realtime.topic(simulation, { auctionId }).as(system).send.switchOn();
      return { auctionId };
    }),
  });
}

/** How many lots of the house are open. What others sell is not the house's, whoever bids for it. */
async function countOffered(realtime: Hand): Promise<number> {
  const { auctionIds } = await realtime.topic(simulations, {}).as(system).state();
  const stateOf = (auctionId: string) => realtime.topic(auctions, { auctionId }).as(system).state();
  const lots = await Promise.all(auctionIds.map(stateOf));
  return lots.filter(({ lot, status }) => status === "open" && lot?.seller.id === simulatedSeller.id).length;
}
