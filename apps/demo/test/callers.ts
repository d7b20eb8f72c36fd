import {
  createTRPCClient,
  createWSClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  wsLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import type { AppRouter } from "../server/api.ts";

/** A stock tRPC client of the demo. */
export interface Caller extends AsyncDisposable {
  readonly trpc: TRPCClient<AppRouter>;
}

/** What a caller sends as its token; without one it is anonymous. */
export type Token = string | undefined;

/** Everything over one WebSocket. */
export function callOverWebSocket(url: string, token: Token): Caller {
  const client = createWSClient({
    url: `${url.replace("http", "ws")}/trpc`,
    ...(token !== undefined && { connectionParams: { token } }),
  });
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client, transformer: superjson })] });
  return { trpc, [Symbol.asyncDispose]: () => client.close() };
}

/** Subscriptions over server-sent events, the rest over HTTP. */
export function callOverHttp(url: string, token: Token): Caller {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = { url: `${url}/trpc`, transformer: superjson };
  const trpc = createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({ ...options, EventSource, eventSourceOptions: { fetch: withHeaders(headers) } }),
        false: httpLink({ ...options, headers }),
      }),
    ],
  });
  return { trpc, async [Symbol.asyncDispose]() {} };
}

function withHeaders(more: Record<string, string>): typeof fetch {
  return (input, init) =>
    fetch(input, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), ...more } });
}
