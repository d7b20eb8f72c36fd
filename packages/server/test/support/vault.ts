import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { definePrivate, initRealtime, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import type { Context } from "./app.ts";

export const audiences = ["staff", "buyers", "public"] as const;
export type VaultAudience = (typeof audiences)[number];

/** What stands in texts so that they are found wherever they get to. */
export const markers = {
  /** In the private state, in the secrets of events, and in errors: for nobody. */
  nobody: "ForNobodysEyes",
  staff: "ForStaffOnly",
  buyers: "ForStaffAndBuyers",
  everyone: "ForEveryone",
} as const;

/** The markers that an audience must never see. */
export const forbidden: Readonly<Record<VaultAudience, readonly string[]>> = {
  staff: [markers.nobody],
  buyers: [markers.nobody, markers.staff],
  public: [markers.nobody, markers.staff, markers.buyers],
};

const definition = defineChannel(
  "vault",
  {
    params: z.object({ vaultId: z.string() }),
    state: z.object({
      count: z.int(),
      last: z.string(),
      forBuyers: z.string(),
      forStaff: z.string(),
      hints: z.array(z.string()),
    }),
    events: {
      put: z.object({ n: z.int(), text: z.string(), forBuyers: z.string(), forStaff: z.string() }),
      hinted: z.object({ n: z.int(), hint: z.string() }),
    },
    commands: {
      put: {
        input: z.object({ n: z.int() }),
        result: z.object({ count: z.int() }),
        rejections: { FULL: z.object({ most: z.int() }) },
      },
      hint: { input: z.object({ n: z.int() }), internal: true },
      fail: {},
      failInState: {},
    },
    queries: {
      history: { input: z.object({ vaultId: z.string() }), output: z.array(z.json()) },
      state: { input: z.object({ vaultId: z.string() }), output: z.json() },
      broken: { output: z.int() },
    },
    presence: z.object({ at: z.string() }),
  },
  {
    initial: () => ({ count: 0, last: "", forBuyers: "", forStaff: "", hints: [] }),
    apply: {
      put: (state, { text, forBuyers, forStaff }) => ({
        ...state,
        count: state.count + 1,
        last: text,
        forBuyers,
        forStaff,
      }),
      hinted: (state, { hint }) => ({ ...state, hints: [...state.hints, hint].slice(-5) }),
    },
  },
);

export interface Vault extends TypesOf<typeof definition> {}
export const vault: Channel<Vault> = definition;

const combination = definePrivate(
  vault,
  {
    state: z.object({ combination: z.string(), tries: z.array(z.string()) }),
    secrets: { put: z.object({ by: z.string() }) },
  },
  {
    initial: () => ({ combination: `${markers.nobody} 12-34-56`, tries: [] }),
    apply: { put: (state, _put, { by }) => ({ ...state, tries: [...state.tries, by].slice(-5) }) },
  },
);

export function audienceOfUser(user: User | null): VaultAudience {
  if (user?.id.startsWith("staff")) return "staff";
  return user?.id.startsWith("buyer") ? "buyers" : "public";
}

/** A vault that three audiences see differently, and how often its view was asked, by audience and by what was asked for. */
export function serveVault() {
  const calls = { state: new Map<string, number>(), event: new Map<string, number>() };
  const count = (of: Map<string, number>, key: string) => of.set(key, (of.get(key) ?? 0) + 1);
  const { serveChannel } = initRealtime({
    t: initTRPC.context<Context>().create(),
    user: (ctx) => ctx.user,
  });
  const served = serveChannel(vault, {
    private: combination,
    audiences,
    audience: (user) => audienceOfUser(user),
    view: {
      state(state, audience) {
        count(calls.state, audience);
        if (audience === "staff") return state;
        return audience === "buyers"
          ? { ...state, forStaff: "", hints: [] }
          : { ...state, forStaff: "", forBuyers: "", hints: [] };
      },
      event(event, audience) {
        count(calls.event, `${event.data.n} ${audience}`);
        if (audience === "staff") return event;
        if (event.type === "hinted") return null;
        const data = { ...event.data, forStaff: "" };
        return { type: "put", data: audience === "buyers" ? data : { ...data, forBuyers: "" } };
      },
    },
    authorizeQuery: () => true,
    commands: {
      put({ state, input: { n }, emit, reject }) {
        if (n < 0) return reject("FULL", { most: 100 });
        const { staff, buyers, everyone, nobody } = markers;
        const data = { n, text: `${everyone} ${n}`, forBuyers: `${buyers} ${n}`, forStaff: `${staff} ${n}` };
        emit("put", data, { by: `${nobody} ${n}` });
        return { count: state.count + 1 };
      },
      hint: ({ input: { n }, emit }) => emit("hinted", { n, hint: `${markers.staff} hint ${n}` }),
      fail({ private: hidden }) {
        throw new Error(`The combination is ${hidden.combination}`);
      },
      failInState({ private: hidden }) {
        Object.assign(hidden, { combination: "" });
      },
    },
    queries: {
      history: async ({ input, topic }) => [...(await topic(input).history({ limit: 50 }))] as never,
      state: async ({ input, topic }) => (await topic(input).state()) as never,
      broken: () => {
        throw new Error(`${markers.nobody} in a query`);
      },
    },
  });
  return { served, calls };
}
