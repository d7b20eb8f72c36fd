import { defineNotifications } from "@shoal/contract/notifications";
import type { Person } from "@shoal/contract/rooms";
import * as z from "zod/mini";
import { formatMoney } from "./money.ts";

const day = 24 * 60 * 60 * 1_000;
const week = 7 * day;

const lotNews = z.object({
  auctionId: z.string(),
  title: z.string(),
  currency: z.string(),
  /** Minor units; null where nobody bid. */
  price: z.nullable(z.int()),
});

const news = z.enum(["endingSoon", "won", "lost", "sold", "reserveNotMet", "noBids", "cancelled"]);

/** What people are notified of. */
export const inbox = defineNotifications(
  {
    mention: {
      data: z.object({ roomId: z.string(), room: z.string(), text: z.string() }),
      category: "mentions",
      group: ({ roomId }) => `room:${roomId}`,
      render: ({ roomId, room, text }, { actors, count }) => ({
        title: `${whoOf(actors)} mentioned you ${count > 1 ? `${count} times ` : ""}in ${nameOf(room)}`,
        body: text,
        url: `/rooms/${roomId}`,
      }),
    },
    wave: {
      data: z.object({ by: z.string() }),
      category: "people",
      group: ({ by }) => `wave:${by}`,
      render: (_, { actors, count }) => ({
        title: `${whoOf(actors)} waved at you`,
        body: count > 1 ? `${count} times by now. Wave back?` : "Wave back?",
        url: "/rooms/lobby",
      }),
    },
    roomOpened: {
      data: z.object({ roomId: z.string(), room: z.string() }),
      category: "rooms",
      lifeMs: week,
      render: ({ roomId, room }, { actors }) => ({
        title: `${whoOf(actors)} opened ${nameOf(room)}`,
        body: "Have a look, or say the first word.",
        url: `/rooms/${roomId}`,
      }),
    },
    outbid: {
      data: lotNews,
      category: "auctions",
      lifeMs: week,
      group: ({ auctionId }) => `outbid:${auctionId}`,
      render: ({ auctionId, title, currency, price }, { count }) => ({
        title: `You are outbid: ${title}`,
        body: `${count > 1 ? `${count} times by now. ` : ""}It is at ${moneyOf(price, currency)}.`,
        url: `/auctions/${auctionId}`,
      }),
    },
    auction: {
      data: z.extend(lotNews, { news }),
      category: "auctions",
      render: ({ auctionId, title, currency, price, news }) => ({
        ...textOf(news, title, moneyOf(price, currency)),
        url: `/auctions/${auctionId}`,
      }),
    },
    alert: {
      data: z.object({ rule: z.string(), title: z.string(), value: z.string() }),
      category: "operations",
      lifeMs: day,
      group: ({ rule }) => `alert:${rule}`,
      render: ({ title, value }, { count }) => ({
        title,
        body: `${count > 1 ? `${count} times by now. ` : ""}It was at ${value}.`,
        url: "/operations",
      }),
    },
    welcome: {
      data: z.object({ name: z.string() }),
      category: "account",
      critical: true,
      render: ({ name }) => ({
        title: `Welcome, ${name}`,
        body: "Here you are told who mentions you and who waves. Choose how in the settings.",
        url: "/notifications/settings",
      }),
    },
  },
  { deliver: ["email"] },
);

function textOf(what: z.output<typeof news>, title: string, price: string) {
  switch (what) {
    case "endingSoon":
      return { title: `Ending soon: ${title}`, body: `It is at ${price}.` };
    case "won":
      return { title: `You won: ${title}`, body: `It is yours for ${price}.` };
    case "lost":
      return { title: `Not yours: ${title}`, body: `It ended at ${price}.` };
    case "sold":
      return { title: `Sold: ${title}`, body: `For ${price}.` };
    case "reserveNotMet":
      return { title: `Not sold: ${title}`, body: `It ended at ${price}, below your reserve.` };
    case "noBids":
      return { title: `Not sold: ${title}`, body: "Nobody bid." };
    case "cancelled":
      return { title: `Cancelled: ${title}`, body: "Its auction was cancelled, and nobody pays." };
  }
}

function moneyOf(price: number | null, currency: string): string {
  return price === null ? "no bid" : formatMoney(price, currency);
}

/** On one line with its sign. */
function nameOf(room: string): string {
  return `#\u00a0${room}`;
}

function whoOf(actors: readonly Person[]): string {
  const [first, second, third] = actors.map(({ name }) => name);
  if (third !== undefined) return `${first}, ${second} and others`;
  return second === undefined ? (first ?? "Somebody") : `${first} and ${second}`;
}
