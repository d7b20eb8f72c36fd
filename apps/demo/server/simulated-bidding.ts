import { setTimeout as delay } from "node:timers/promises";
import { type Auctions, auctions, standingOf } from "@shoal/contract/auctions";
import { consoleLogger, type Realtime, system } from "@shoal/server";
import { simulation, simulations } from "../contract/simulation.ts";
import type { DemoUser } from "./sessions.ts";
import { canOffer, offerOf } from "./simulated-offer.ts";
import { simulatedBidders } from "./simulated-people.ts";

type Hand = Pick<Realtime<unknown>, "topic">;

/** How long a simulated bidder thinks, in milliseconds: less when the end is near. */
const thinking = { least: 1_200, most: 4_500, nearTheEnd: 2_000 };
const nearMs = 15_000;

/**
 * Bids for the lots that have simulated bidders, as users like all others, until it is disposed of. Each of them has a sum up to which they
 * go in each lot, and bids a little more than needed until that is reached.
 */
export class SimulatedBidding implements AsyncDisposable {
  readonly #realtime: Hand;
  readonly #end = new AbortController();
  readonly #lots = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly #following: Promise<void>;

  constructor(realtime: Hand) {
    this.#realtime = realtime;
    this.#following = this.#follow();
  }

  async [Symbol.asyncDispose]() {
    this.#end.abort();
    await this.#following;
    await Promise.all([...this.#lots.values()].map(({ done }) => done));
  }

  async #follow(): Promise<void> {
    const { signal } = this.#end;
    const topic = this.#realtime.topic(simulations, {}).as(system);
    await quietly(async () => {
      for await (const _ of topic.subscribe({ signal })) this.#bidFor((await topic.state()).auctionIds);
    }, signal);
  }

  #bidFor(auctionIds: readonly string[]): void {
    for (const [auctionId, { stop }] of this.#lots) {
      if (auctionIds.includes(auctionId)) continue;
      stop.abort();
      this.#lots.delete(auctionId);
    }
    for (const auctionId of auctionIds) {
      if (this.#lots.has(auctionId)) continue;
      const stop = new AbortController();
      const signal = AbortSignal.any([stop.signal, this.#end.signal]);
      this.#lots.set(auctionId, { stop, done: this.#bidUntilOver(auctionId, signal) });
    }
  }

  /** Bids as long as there is something to bid for. Where nobody bids any more, nothing says that somebody does. */
  async #bidUntilOver(auctionId: string, signal: AbortSignal): Promise<void> {
    await quietly(() => this.#bid(auctionId, signal), signal);
    if (signal.aborted) return;
    const label = this.#realtime.topic(simulation, { auctionId }).as(system);
    await quietly(async () => void (await label.send.switchOff()), signal);
  }

  async #bid(auctionId: string, signal: AbortSignal): Promise<void> {
    const lot = this.#realtime.topic(auctions, { auctionId });
    const label = this.#realtime.topic(simulation, { auctionId }).as(system);
    const crowd = simulatedBidders.map((user) => ({
      user,
      bidder: null as string | null,
      share: 2 + Math.random() * 6,
    }));
    for (;;) {
      const state = await lot.as(system).state();
      if (!state.lot || state.status === "closed" || state.status === "cancelled") return;
      const { startPrice, currency } = state.lot;
      const able = crowd.filter(({ user, bidder, share }) => mayBid(state, user, bidder, share * startPrice));
      const next = able[Math.floor(Math.random() * able.length)];
      await delay(pauseBefore(state), undefined, { signal });
      if (!next) continue;
      const amount = offerOf(state, next.share * startPrice);
      const outcome = await lot.as(next.user).send.placeBid({ amount, currency });
      if (!outcome.ok) continue;
      next.bidder = outcome.result.bidder;
      await label.send.label({ bidder: next.bidder });
    }
  }
}

type State = Auctions["state"];

function mayBid(state: State, { id }: DemoUser, bidder: string | null, worth: number): boolean {
  if (state.status !== "open" || state.lot?.seller.id === id) return false;
  return standingOf(state, bidder) !== "leading" && canOffer(state, worth);
}

function pauseBefore({ endsAt }: State): number {
  const most = endsAt !== null && endsAt - Date.now() < nearMs ? thinking.nearTheEnd : thinking.most;
  return thinking.least + Math.random() * (most - thinking.least);
}

/** An end that was asked for is none to be told of; a bidder who fails bids no more, and nothing else fails with them. */
async function quietly(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted) consoleLogger.error({ err: error }, "Simulated bidders have stopped.");
  }
}
