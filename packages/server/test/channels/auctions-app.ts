import assert from "node:assert/strict";
import { defineChannel } from "@shoal/contract";
import { auctions } from "@shoal/contract/auctions";
import { effect, serveChannel, type User } from "@shoal/server";
import {
  type AuctionNews,
  type AuctionsOptions,
  serveAuctionLobby,
  serveAuctions,
  serveWatchedAuctions,
} from "@shoal/server/auctions";
import { testRealtime } from "@shoal/server/testing";
import * as z from "zod";

export const key = "a key of more than thirty-two characters";

/** What an application tells its people: a channel of its own, with what each was told. */
export const news = defineChannel(
  "news",
  {
    params: z.object({ userId: z.string() }),
    state: z.object({ told: z.array(z.string()) }),
    events: { told: z.object({ text: z.string() }) },
    commands: { tell: { internal: true, input: z.object({ text: z.string() }) } },
  },
  { initial: () => ({ told: [] }), apply: { told: ({ told }, { text }) => ({ told: [...told, text] }) } },
);

const newsServed = serveChannel(news, { commands: { tell: ({ input, emit }) => emit("told", input) } });

const toNews = ({ kind, userId, title, price }: AuctionNews) => [
  effect(news, { userId }, "tell", { text: `${kind} ${title} ${price}` }),
];

/** Auctions with their lobby, watch lists and news, as an application has them. `mod` is its moderator. */
export function auctionChannels(options: Partial<AuctionsOptions<User | null, object>> = {}) {
  const moderator = (user: User | null) => user?.id === "mod";
  return [
    serveAuctions<User | null, object>({ key, moderator, lobby: true, effects: toNews, ...options }),
    serveAuctionLobby<User | null, object>(),
    serveWatchedAuctions<User | null, object>(),
    newsServed,
  ];
}

export type World = ReturnType<typeof auctionWorld>;

/** The world of a test, in which time stands still but for `advance`. */
export function auctionWorld(options: Partial<AuctionsOptions<User | null, object>> = {}) {
  return testRealtime({ channels: auctionChannels(options) });
}

export const userNamed = (id: string): User => ({ id, name: `${id[0]?.toUpperCase()}${id.slice(1)}` });

export const lamp = { title: "A lamp", currency: "EUR", startPrice: 100, increments: [{ from: 0, by: 10 }] };

/** Sam's auction, which is open for ten minutes. */
export async function openAuction(w: World, terms: object = {}, minutes = 10) {
  const created = await w
    .as(userNamed("sam"))
    .channel(auctions)
    .create({ ...lamp, ...terms });
  assert(created.ok);
  const seller = await w.as(userNamed("sam")).topic(auctions, created.params);
  const opened = await seller.send.open({ endsAt: w.now + minutes * 60_000 });
  assert(opened.ok);
  return { params: created.params, seller };
}

/** Bids, and returns the outcome. */
export async function bid(w: World, params: { auctionId: string }, who: string, amount: number, more: object = {}) {
  const topic = await w.as(userNamed(who)).topic(auctions, params);
  return await topic.send.placeBid({ amount, currency: "EUR", ...more });
}

/** What a user was told. */
export async function toldTo(w: World, userId: string): Promise<readonly string[]> {
  await w.settle();
  return (await w.system(news, { userId }).state()).told;
}
