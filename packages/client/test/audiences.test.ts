import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { createClient } from "../src/client.ts";
import { until } from "./support/until.ts";

/** What each prediction saw as the state. */
const seen: unknown[] = [];

const ticket = defineChannel(
  "ticket",
  {
    params: z.object({ ticketId: z.string() }),
    state: z.object({ texts: z.array(z.string()), note: z.nullable(z.string()) }),
    events: { replied: z.object({ text: z.string() }), noted: z.object({ note: z.string() }) },
    commands: { reply: { input: z.object({ text: z.string() }) }, note: { input: z.object({ note: z.string() }) } },
  },
  {
    initial: () => ({ texts: [], note: null }),
    apply: {
      replied: (state, { text }) => ({ ...state, texts: [...state.texts, text] }),
      noted: (state, { note }) => ({ ...state, note }),
    },
    optimistic: {
      reply({ text }, { state }) {
        seen.push(state);
        return [{ type: "replied", data: { text } }];
      },
    },
  },
);

async function startTickets() {
  const t = initTRPC.context<{ user: User | null }>().create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const tickets = serveChannel(ticket, {
    audiences: ["staff", "customers"],
    audience: (user) => (user?.id === "staff" ? "staff" : "customers"),
    view: {
      state: (state, audience) => (audience === "staff" ? state : { ...state, note: null }),
      event: (event, audience) => (audience === "customers" && event.type === "noted" ? null : event),
    },
    commands: {
      reply: ({ input, emit }) => emit("replied", input),
      note: ({ input, emit }) => emit("noted", input),
    },
  });
  const realtime = createRealtime({
    channels: [tickets],
    store: createMemoryStore(),
    drainSpreadMs: 0,
    logger: { info() {}, warn() {}, error() {} },
  });
  const handle = await serve({
    router: t.router({ realtime: realtime.router }),
    port: 0,
    createContext: ({ info }) => ({ user: { id: info.connectionParams?.token ?? "" } }),
  });
  return {
    url: `${handle.url}/trpc`,
    [Symbol.asyncDispose]: async () => {
      await realtime.close();
      await handle.close();
    },
  };
}

function connect({ url }: { readonly url: string }, id: string) {
  const client = createClient({ url, channels: [ticket], token: () => id, user: () => ({ id }) });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

test("A prediction is made on what its user's audience sees, and is confirmed across events that are hidden from it", async () => {
  await using server = await startTickets();
  await using staff = connect(server, "staff");
  await using customer = connect(server, "customer");
  const [shown, whole] = [customer.ticket({ ticketId: "1" }), staff.ticket({ ticketId: "1" })];
  shown.subscribe(() => {});
  whole.subscribe(() => {});
  await until(shown, ({ status }) => status === "live");
  await until(whole, ({ status }) => status === "live");
  await whole.send.note({ note: "a known crank" });
  await until(shown, ({ offset }) => offset === 1);
  const sent = shown.send.reply({ text: "hello" });
  expect(seen.at(-1)).toEqual({ texts: [], note: null });
  expect(shown.current).toMatchObject({ pending: 1, state: { texts: ["hello"], note: null } });
  expect(await sent).toEqual({ ok: true, offset: 2 });
  await until(shown, ({ pending }) => pending === 0);
  expect(shown.current).toMatchObject({ offset: 2, state: { texts: ["hello"], note: null } });
  await until(whole, ({ offset }) => offset === 2);
  const answered = whole.send.reply({ text: "yes?" });
  expect(seen.at(-1)).toEqual({ texts: ["hello"], note: "a known crank" });
  await answered;
  expect(JSON.stringify(shown.current)).not.toContain("crank");
});
