import {
  createTRPCClient,
  createWSClient,
  getUntypedClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
  type TRPCLink,
  wsLink,
} from "@trpc/client";
import { EventSource } from "eventsource";
import superjson from "superjson";
import type { AppRouter, StartedApp } from "./app.ts";
import { Recorder } from "./recorder.ts";

type Address = Pick<StartedApp, "url" | "webSocketUrl">;

/** The stock client over a WebSocket, and every text that the server sent to it. */
export function connectBySocket({ webSocketUrl }: Address, token: string | null, url = () => webSocketUrl) {
  const texts: string[] = [];
  const client = createWSClient({
    url,
    connectionParams: token === null ? null : { token },
    retryDelayMs: () => 5,
    WebSocket: class extends WebSocket {
      constructor(url: string | URL) {
        super(url);
        this.addEventListener("message", ({ data }) => texts.push(String(data)));
      }
    },
  });
  const link: TRPCLink<AppRouter> = wsLink({ client, transformer: superjson });
  return { ...clientOf(link), texts, [Symbol.asyncDispose]: () => client.close() };
}

/** The stock client over HTTP, and over SSE for subscriptions, and every text that the server sent to it. */
export function connectByHttp({ url }: Address, token: string | null) {
  const texts: string[] = [];
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const link: TRPCLink<AppRouter> = splitLink({
    condition: ({ type }) => type === "subscription",
    true: httpSubscriptionLink({
      url,
      transformer: superjson,
      EventSource,
      eventSourceOptions: {
        fetch: async (input, init) =>
          soonAgain(await fetch(input, { ...init, headers: { ...init.headers, ...headers } }), texts),
      },
    }),
    false: httpLink({
      url,
      transformer: superjson,
      headers,
      async fetch(input, init) {
        const response = await fetch(input, init as RequestInit);
        texts.push(await response.clone().text());
        return response;
      },
    }),
  });
  return { ...clientOf(link), texts, [Symbol.asyncDispose]: async () => {} };
}

/** An EventSource waits three seconds before it comes back, unless it is told otherwise. */
export function soonAgain(response: Response, texts: string[] = []): Response {
  const decoder = new TextDecoder();
  const told = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("retry: 5\n\n")),
    transform(chunk, controller) {
      texts.push(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body?.pipeThrough(told) ?? null, response);
}

function clientOf(link: TRPCLink<AppRouter>) {
  const trpc = createTRPCClient<AppRouter>({ links: [link] });
  return {
    trpc: trpc.realtime,
    /** Asks for what the compiler would not let pass. */
    untyped: getUntypedClient(trpc),
  };
}

export type Connected = ReturnType<typeof connectBySocket>;

interface Watchable<Input, Value> {
  subscribe(
    input: Input,
    on: { onData?: (value: Value) => void; onError?: (error: never) => void; onStopped?: () => void },
  ): { unsubscribe(): void };
}

/** Subscribes by the stock client, and records what comes. */
export function follow<Input, Value>({ subscribe }: Watchable<Input, Value>, input: NoInfer<Input>) {
  const frames = new Recorder<Value>();
  const errors = new Recorder<unknown>();
  const subscription = subscribe(input, {
    onData: (value) => frames.push(value),
    onError: (error: unknown) => errors.push(error),
  });
  return { frames, errors, stop: () => subscription.unsubscribe() };
}

/** The same for what the compiler would not let pass. */
export function followUntyped({ untyped }: Pick<Connected, "untyped">, path: string, input: unknown) {
  return follow<unknown, unknown>({ subscribe: (given, on) => untyped.subscription(path, given, on as object) }, input);
}

/** What a client sees of the error that a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  const value = await call.catch(codeOf);
  if (typeof value === "object" && value !== null && "code" in value) return value as { code: string; message: string };
  throw new Error(`It was not refused: ${JSON.stringify(value)}`);
}

export function codeOf(error: unknown): { code: string; message: string } {
  if (!(error instanceof TRPCClientError)) throw error;
  return { code: error.data?.code ?? "none", message: error.message };
}
