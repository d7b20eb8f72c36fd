import { once } from "node:events";
import { Socket } from "node:net";
import { queryObjects } from "node:v8";
import { serve } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import { LiveTopic } from "../../../src/channel/live-topic.ts";
import { EventStream } from "../../../src/transport/sse/event-stream.ts";
import { Connection } from "../../../src/transport/ws/connection.ts";
import { PushedSubscription } from "../../../src/transport/ws/pushed-subscription.ts";
import { type Context, createApp, userOf } from "../../support/app.ts";
import { answer } from "../../support/asked-process.ts";
import { turn } from "../../support/recorder.ts";

/** What is there once for each connection, subscription, stream, topic or timer; what else they hold goes with them. */
const kinds = {
  sockets: Socket,
  connections: Connection,
  subscriptions: PushedSubscription,
  streams: EventStream,
  topics: LiveTopic,
  timers: setTimeout(() => {}).constructor as new () => unknown,
};

/** What the server's process is kept alive by and has under way. */
export interface Standing {
  readonly handles: Readonly<Record<string, number>>;
  /** Subscriptions of the application's own procedures that have not ended. */
  readonly running: number;
}

/** What the server holds in memory. */
export interface Holdings {
  readonly objects: Readonly<Record<keyof typeof kinds, number>>;
  readonly heapBytes: number;
}

const app = createApp({ idleMs: 1 });
const t = initTRPC.context<Context>().create({ transformer: superjson });
const running = new Set<object>();
const router = t.router({
  realtime: app.realtime.router,
  endless: t.procedure.subscription(async function* ({ signal }) {
    const one = {};
    running.add(one);
    try {
      yield 1;
      await once(signal as AbortSignal, "abort");
    } finally {
      running.delete(one);
    }
  }),
  observed: t.procedure.subscription(() =>
    observable<number>((observer) => {
      const one = {};
      running.add(one);
      observer.next(1);
      return () => running.delete(one);
    }),
  ),
});

answer({
  async start() {
    const { port } = await serve({
      router,
      port: 0,
      host: "127.0.0.1",
      limits: { maxConnectionsPerUser: 1_000 },
      createContext: ({ req, info }) => ({
        user: userOf(info.connectionParams?.token ?? req.headers.authorization?.replace("Bearer ", "")),
      }),
    });
    return port;
  },
  standing(): Standing {
    const handles: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
    return { handles, running: running.size };
  },
  async holdings(): Promise<Holdings> {
    const counts = Object.entries(kinds).map(([name, kind]) => [
      name,
      queryObjects(kind as never, { format: "count" }),
    ]);
    for (let times = 0; times < 4; times += 1) {
      globalThis.gc?.();
      await turn();
    }
    return { objects: Object.fromEntries(counts), heapBytes: process.memoryUsage().heapUsed };
  },
});
