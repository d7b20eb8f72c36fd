import { defineChannel } from "@shoal/contract";
import { definePrivate, effect, serveChannel, type User } from "@shoal/server";
import * as z from "zod";

/** A small auction with everything a channel may have: secrets, audiences, timers, effects, a topic that is made by a command. */
export const lobby = defineChannel(
  "lobby",
  {
    params: z.object({}),
    state: z.object({ lots: z.array(z.string()) }),
    events: { listed: z.object({ lotId: z.string() }), unlisted: z.object({ lotId: z.string() }) },
    commands: {
      add: { input: z.object({ lotId: z.string() }), internal: true },
      remove: { input: z.object({ lotId: z.string() }), rejections: { UNKNOWN: z.object({}) }, internal: true },
    },
  },
  {
    initial: () => ({ lots: [] }),
    apply: {
      listed: ({ lots }, { lotId }) => ({ lots: [...lots, lotId] }),
      unlisted: ({ lots }, { lotId }) => ({ lots: lots.filter((id) => id !== lotId) }),
    },
  },
);

export const lot = defineChannel(
  "lot",
  {
    params: z.object({ lotId: z.string() }),
    state: z.object({
      title: z.string(),
      price: z.int(),
      bids: z.int(),
      note: z.nullable(z.string()),
      status: z.enum(["draft", "open", "closed"]),
      endsAt: z.int(),
    }),
    events: {
      opened: z.object({ title: z.string(), endsAt: z.int() }),
      bidPlaced: z.object({ price: z.int() }),
      noted: z.object({ text: z.string() }),
      closed: z.object({}),
    },
    commands: {
      open: { creates: true, input: z.object({ title: z.string() }) },
      placeBid: {
        input: z.object({ maximum: z.int() }),
        rejections: { ENDED: z.object({}), TOO_LOW: z.object({ minimum: z.int() }), NOT_ELIGIBLE: z.object({}) },
        result: z.object({ leads: z.boolean() }),
      },
      note: { input: z.object({ text: z.string() }) },
      close: { internal: true },
    },
  },
  {
    initial: () => ({ title: "", price: 0, bids: 0, note: null, status: "draft", endsAt: 0 }),
    apply: {
      opened: (state, { title, endsAt }) => ({ ...state, title, endsAt, status: "open" }),
      bidPlaced: (state, { price }) => ({ ...state, price, bids: state.bids + 1 }),
      noted: (state, { text }) => ({ ...state, note: text }),
      closed: (state) => ({ ...state, status: "closed" }),
    },
  },
);

/** The greatest maximum and who gave it: what no bidder may know of another. */
const maxima = definePrivate(
  lot,
  {
    state: z.object({ highest: z.int(), leader: z.nullable(z.string()) }),
    secrets: { bidPlaced: z.object({ maximum: z.int(), bidder: z.string() }) },
  },
  {
    initial: () => ({ highest: 0, leader: null }),
    apply: {
      bidPlaced: (state, _bid, { maximum, bidder }) =>
        maximum > state.highest ? { highest: maximum, leader: bidder } : state,
    },
  },
);

export const lobbies = serveChannel(lobby, {
  commands: {
    add: ({ input, emit }) => emit("listed", input),
    remove({ state, input, emit, reject }) {
      if (!state.lots.includes(input.lotId)) reject("UNKNOWN");
      emit("unlisted", input);
    },
  },
});

const lastsMs = 60_000;

/** The staff of the house sees the notes; bidders do not. */
export const lots = serveChannel(lot, {
  private: maxima,
  audiences: ["staff", "public"],
  audience: (user: User | null) => (user?.id.startsWith("staff-") ? "staff" : "public"),
  view: {
    state: (state, audience) => (audience === "staff" ? state : { ...state, note: null }),
    event: (event, audience) => (audience === "public" && event.type === "noted" ? null : event),
  },
  conflate: ({ type }) => (type === "noted" ? "note" : null),
  timers: ({ status, endsAt }) => (status === "open" ? [{ name: "close", at: endsAt, command: "close" }] : []),
  effects: ({ type }, { params: { lotId } }) => {
    if (type === "opened") return [effect(lobby, {}, "add", { lotId })];
    return type === "closed" ? [effect(lobby, {}, "remove", { lotId })] : [];
  },
  mint: { open: ({ id }) => ({ lotId: id }) },
  prepare: { placeBid: async ({ user }) => ({ eligible: user?.id !== "banned" }) },
  commands: {
    open: ({ input, now, emit }) => emit("opened", { title: input.title, endsAt: now + lastsMs }),
    placeBid({ state, private: { highest, leader }, input: { maximum }, prepared, user, emit, reject }) {
      if (!prepared.eligible || !user) return reject("NOT_ELIGIBLE");
      if (state.status !== "open") return reject("ENDED");
      if (maximum <= state.price) return reject("TOO_LOW", { minimum: state.price + 1 });
      const leads = maximum > highest;
      const price = leader === null ? 1 : Math.min(maximum, highest) + (leads ? 1 : 0);
      emit("bidPlaced", { price }, { maximum, bidder: user.id });
      return { leads };
    },
    note: ({ input, emit }) => emit("noted", input),
    close: ({ emit }) => emit("closed"),
  },
});
