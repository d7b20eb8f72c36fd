import type { IncomingMessage } from "node:http";
import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { consoleLogger, createMemoryStore, initRealtime, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";
import { eventMaker } from "./event.ts";

const definition = defineChannel(
  "feed",
  {
    params: z.object({ feedId: z.string() }),
    state: z.object({ count: z.int(), cost: z.int() }),
    events: { added: z.object({ text: z.string(), cost: z.int() }) },
    commands: { add: { input: z.object({ text: z.string(), cost: z.int() }) } },
  },
  {
    initial: () => ({ count: 0, cost: 0 }),
    apply: { added: ({ count, cost }, event) => ({ count: count + 1, cost: cost + event.cost }) },
  },
);

interface Feed extends TypesOf<typeof definition> {}

const feed: Channel<Feed> = definition;
const isStaff = (user: User | null) => user?.id.startsWith("staff") ?? false;

/** A router with `watch`, superjson, `authorize` and two audiences, as in an application. */
export function serveFeed() {
  const t = initTRPC.context<{ user: User }>().create({ transformer: superjson });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const feeds = serveChannel(feed, {
    audiences: ["staff", "customer"],
    audience: (user: User | null) => (isStaff(user) ? "staff" : "customer"),
    view: {
      state: (state, audience) => (audience === "staff" ? state : { ...state, cost: 0 }),
      event: (event, audience) => (audience === "staff" ? event : { ...event, data: { ...event.data, cost: 0 } }),
    },
    authorize: ({ user, action }) => user !== null && (action === "watch" || isStaff(user)),
    commands: { add: ({ input, emit }) => emit("added", input) },
  });
  const quiet = () => {};
  const logger = { ...consoleLogger, info: quiet, warn: quiet };
  const realtime = createRealtime({
    channels: [feeds],
    store: createMemoryStore(),
    logger,
    rates: { commandsPerMinute: 0 },
  });
  const echo = t.procedure.input(z.object({ text: z.string() })).mutation(({ input }) => input);
  const topic = realtime.topic(feed, { feedId: "news" }).as({ id: "staff" });
  const next = eventMaker();
  return {
    router: t.router({ realtime: realtime.router, echo }),
    createContext: ({ req }: { readonly req: IncomingMessage }) => ({ user: { id: req.headers.authorization ?? "" } }),
    /** Commits so many events within one turn of the event loop. */
    async publish(events: number): Promise<void> {
      const outcomes = await Promise.all(Array.from({ length: events }, () => topic.send.add(next())));
      if (!outcomes.every(({ ok }) => ok)) throw new Error("a command was not accepted");
    },
  };
}
