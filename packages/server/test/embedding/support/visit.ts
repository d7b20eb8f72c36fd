import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCLink,
  wsLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { codeOf, follow, soonAgain } from "../../support/connect.ts";
import type { GuestBookRouter } from "./guest-book.ts";

/** Where an application is to be found. */
export interface Place {
  readonly url: string;
  /** Absent where there are no WebSockets. */
  readonly webSocketUrl?: string;
  /** Ends every connection without a word, as a network does. */
  cut(): void;
}

const home = { counterId: "home" };

/** The stock client over HTTP, and over SSE for subscriptions, with the cookie that a browser would send. */
function byHttp({ url }: Place, cookie: string) {
  const transformer = superjson;
  return createTRPCClient<GuestBookRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url,
          transformer,
          EventSource,
          eventSourceOptions: {
            fetch: async (input, init) =>
              soonAgain(await fetch(input, { ...init, headers: { ...init.headers, cookie } })),
          },
        }),
        false: httpBatchLink({ url, transformer, headers: { cookie } }),
      }),
    ],
  });
}

/** The stock client over a WebSocket, with the same cookie. */
function bySocket(url: string, cookie: string) {
  class WithCookie extends WebSocket {
    constructor(address: string | URL) {
      super(address, { headers: { cookie } });
    }
  }
  const client = createWSClient({
    url,
    retryDelayMs: () => 5,
    WebSocket: WithCookie as unknown as typeof globalThis.WebSocket,
  });
  const link: TRPCLink<GuestBookRouter> = wsLink({ client, transformer: superjson });
  return { trpc: createTRPCClient<GuestBookRouter>({ links: [link] }), close: () => client.close() };
}

/** Does in a place what its users do, as `ann` and `ben`, and finds that all is as it should be. */
export async function visit(place: Place): Promise<void> {
  const ann = byHttp(place, "theme=dark; session=ann");
  await useWhatWasThereBefore(ann);
  await findsStrangersRefused(place);
  const ben = place.webSocketUrl === undefined ? undefined : bySocket(place.webSocketUrl, "session=ben");
  const anns = follow(ann.realtime.counter.watch, { ...home, presence: { typing: false }, clientId: "tab-1" });
  await anns.frames.count(2);
  const bens = follow((ben?.trpc ?? ann).realtime.counter.watch, home);
  await bens.frames.count(2);
  expect(await ann.realtime.counter.add.mutate({ ...home, by: 3 })).toMatchObject({ ok: true, offset: 1 });
  for (const { frames } of [anns, bens]) {
    const { data } = await frames.first(({ data: { kind } }) => kind === "events");
    expect(data).toMatchObject({ from: 1, to: 1, events: [{ data: { by: 3 } }] });
  }
  const seen = [anns, bens].map(({ frames }) => frames.items.length);
  place.cut();
  expect(await ann.realtime.counter.add.mutate({ ...home, by: 4 })).toMatchObject({ ok: true, offset: 2 });
  for (const [index, { frames }] of [anns, bens].entries()) {
    await frames.until((items) => items.slice(seen[index]).some(({ data: { kind } }) => kind === "events"));
    const [resumed, ...after] = frames.items.slice(seen[index]).map(({ data }) => data);
    expect(resumed?.kind).toBe("resumed");
    const offsets = after.flatMap((data) => (data.kind === "events" ? data.events.map(({ offset }) => offset) : []));
    expect(offsets).toEqual([2]);
  }
  for (const { stop, errors } of [anns, bens]) {
    stop();
    expect(errors.items).toEqual([]);
  }
  await ben?.close();
}

async function useWhatWasThereBefore({ book }: ReturnType<typeof byHttp>): Promise<void> {
  const at = new Date(0);
  expect(await book.write.mutate({ text: "I was here", at })).toBe(1);
  const [lines, again] = await Promise.all([book.list.query(), book.list.query()]);
  expect(lines).toEqual([{ by: "ann", text: "I was here", at }]);
  expect(again).toEqual(lines);
}

async function findsStrangersRefused(place: Place): Promise<void> {
  const stranger = byHttp(place, "theme=dark");
  const { errors } = follow(stranger.realtime.counter.watch, home);
  const [error] = await errors.count(1);
  expect(codeOf(error)).toEqual({ code: "UNAUTHORIZED", message: "Sign in first." });
}
