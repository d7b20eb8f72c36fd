import { EventEmitter, on } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { type Event, eventMaker } from "../event.ts";
import { type Host, listen } from "./host.ts";

/**
 * A live feed as tRPC's own documents write one: an async generator for each subscriber, over an `EventEmitter`, which yields each
 * event with its id. It has the transformer, the authorization and the audiences of the feed that Shoal serves.
 */
function serveGenerator() {
  const t = initTRPC.context<{ user: { id: string } }>().create({ transformer: superjson });
  const emitter = new EventEmitter().setMaxListeners(0);
  const kept: Event[] = [];
  const signedIn = t.procedure.use(({ ctx, next }) => {
    if (!ctx.user.id) throw new TRPCError({ code: "UNAUTHORIZED" });
    return next();
  });
  const input = z.object({ feedId: z.string(), lastEventId: z.string().nullish() });
  const watch = signedIn.input(input).subscription(async function* ({ ctx, input: { lastEventId }, signal }) {
    const isStaff = ctx.user.id.startsWith("staff");
    const added = (event: Event) => ({ type: "added", data: isStaff ? event : { ...event, cost: 0 } });
    // It listens before it reads what was missed.
    const live = on(emitter, "added", signal ? { signal } : {});
    let number = lastEventId ? Number(lastEventId) : kept.length;
    if (!lastEventId) yield tracked(String(number), { type: "opened", count: number });
    for (const event of kept.slice(number)) {
      number += 1;
      yield tracked(String(number), added(event));
    }
    for await (const [at, event] of live) if (at > number) yield tracked(String(at), added(event));
  });
  const echo = t.procedure.input(z.object({ text: z.string() })).mutation(({ input: { text } }) => ({ text }));
  const next = eventMaker();
  return {
    router: t.router({ watch, echo }),
    createContext: ({ req }: { readonly req: IncomingMessage }) => ({ user: { id: req.headers.authorization ?? "" } }),
    publish(events: number): void {
      for (let turn = 0; turn < events; turn += 1) {
        const event = next();
        kept.push(event);
        emitter.emit("added", kept.length, event);
      }
    },
  };
}

export async function trpcHost(): Promise<Host> {
  const { publish, ...options } = serveGenerator();
  const server = createServer();
  applyWSSHandler({ wss: new WebSocketServer({ server }), ...options });
  return { server: await listen(server), publish };
}

export async function trpcSseHost(): Promise<Host> {
  const { publish, ...options } = serveGenerator();
  const server = createServer(createHTTPHandler({ ...options, basePath: "/trpc/" }));
  return { server: await listen(server), publish };
}
