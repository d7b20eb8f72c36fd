import { ShoalError } from "@shoal/contract";
import { createTRPCClient, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { createClient } from "../../src/client.ts";
import type { ClientOptions } from "../../src/client-options.ts";
import { Store } from "../../src/store.ts";
import { trpcLink } from "../../src/trpc.ts";
import { counter } from "../support/counter.ts";
import { until } from "../support/until.ts";
import { type AppRouter, startSharedApp } from "./shared-app.ts";

type Options = Partial<ClientOptions<readonly [typeof counter]>>;

/** A client of Shoal and one of tRPC over its connection. */
function connect(url: string, options: Options = {}) {
  const client = createClient({ url, channels: [counter], transformer: superjson, token: () => "ann", ...options });
  const trpc = createTRPCClient<AppRouter>({ links: [trpcLink({ client, transformer: superjson })] });
  return { client, trpc, [Symbol.asyncDispose]: () => client.close() };
}

/** What a subscription tells, by its callbacks' names. */
function listen() {
  const told = new Store<readonly unknown[]>([]);
  const tell = (entry: unknown) => told.set([...told.current, entry]);
  const handlers = {
    onStarted: () => tell("started"),
    onData: (data: { readonly id: string; readonly data: Date } | string) => tell(data),
    onError: (error: unknown) => tell(error),
    onStopped: () => tell("stopped"),
    onComplete: () => tell("complete"),
  };
  return { told, handlers };
}

async function caught(promise: Promise<unknown>): Promise<TRPCClientError<AppRouter>> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(TRPCClientError);
  return error as TRPCClientError<AppRouter>;
}

for (const transport of ["websocket", "sse"] as const) {
  describe(`Over the connection of a client, by ${transport}, the stock client of tRPC`, () => {
    test("calls the application's own procedures, through its transformer", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport });
      const topic = page.client.counter({ counterId: "home" });
      topic.subscribe(() => {});
      const answers = Promise.all([page.trpc.whoAmI.query(), page.trpc.daysAfter.query(new Date(0))]);
      expect(await answers).toEqual(["ann", new Date(86_400_000)]);
      await until(topic, ({ status }) => status === "live");
      expect(await page.trpc.realtime.counter.add.mutate({ counterId: "home", by: 2 })).toMatchObject({ ok: true });
      expect(await until(topic, ({ offset }) => offset === 1)).toMatchObject({ state: { value: 2 } });
      expect(app.sockets.size).toBe(transport === "websocket" ? 1 : 0);
    });

    test("gets the errors of the server in their shape, with Shoal's as their cause", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport });
      const error = await caught(page.trpc.refuse.mutate({ why: "Not today." }));
      expect(error.message).toBe("Not today.");
      expect(error.data).toMatchObject({ code: "FORBIDDEN", path: "refuse", hint: "by the application" });
      expect(error.shape).toMatchObject({ message: "Not today." });
      expect(error.cause).toBeInstanceOf(ShoalError);
    });

    test("gets an error without a shape where nobody answered", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport, timeoutMs: 50 });
      const error = await caught(page.trpc.hang.mutate());
      expect(error.shape).toBeUndefined();
      expect(error.cause).toMatchObject({ code: "TIMEOUT" });
    });

    test("gives up waiting when it is told to", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport, timeoutMs: 60_000 });
      const controller = new AbortController();
      const hanging = caught(page.trpc.hang.mutate(undefined, { signal: controller.signal }));
      await page.trpc.whoAmI.query();
      controller.abort();
      expect((await hanging).cause).toMatchObject({ name: "AbortError" });
      expect((await caught(page.trpc.whoAmI.query(undefined, { signal: controller.signal }))).cause).toMatchObject({
        name: "AbortError",
      });
    });

    test("follows a subscription to its end", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport });
      const { told, handlers } = listen();
      page.trpc.count.subscribe({ to: 2 }, handlers);
      await until(told, (entries) => entries.includes("complete"));
      expect(told.current).toEqual([
        "started",
        { id: "1", data: new Date(1) },
        { id: "2", data: new Date(2) },
        "stopped",
        "complete",
      ]);
    });

    test("hears how a subscription fails", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport });
      const { told, handlers } = listen();
      page.trpc.greet.subscribe(undefined, handlers);
      await until(told, (entries) => entries.some((entry) => entry instanceof TRPCClientError));
      expect(told.current.slice(0, 2)).toEqual(["started", "hello"]);
      expect(told.current.at(-1)).toMatchObject({ message: "That was all.", data: { code: "CONFLICT" } });
    });

    test("goes on after a lost connection where it was, if it is tracked", async () => {
      await using app = await startSharedApp();
      await using page = connect(app.url, { transport });
      const { told, handlers } = listen();
      const states: string[] = [];
      const subscription = page.trpc.count.subscribe(
        { to: 1_000 },
        { ...handlers, onConnectionStateChange: ({ state }) => states.push(state) },
      );
      await until(told, (entries) => entries.length === 1_001);
      app.cut();
      await expect.poll(() => app.begun, { timeout: 4_000 }).toEqual([null, "1000"]);
      expect(told.current.filter((entry) => typeof entry === "object")).toHaveLength(1_000);
      if (transport === "websocket") expect(states).toEqual(expect.arrayContaining(["connecting", "pending"]));
      subscription.unsubscribe();
    });
  });
}

test("When another user signs in, what is asked goes over their connection, and subscriptions go on there", async () => {
  await using app = await startSharedApp();
  let user = "ann";
  await using page = connect(app.url, { token: () => user, user: () => ({ id: user }) });
  const { told, handlers } = listen();
  page.trpc.count.subscribe({ to: 1_000 }, handlers);
  await until(told, (entries) => entries.length === 1_001);
  expect(await page.trpc.whoAmI.query()).toBe("ann");
  user = "bob";
  expect(await page.trpc.whoAmI.query()).toBe("bob");
  await expect.poll(() => app.begun).toEqual([null, "1000"]);
  expect(told.current.filter((entry) => entry instanceof Error)).toEqual([]);
});

test("A client that is closed ends what the stock client has over it", async () => {
  await using app = await startSharedApp();
  const { client, trpc } = connect(app.url);
  const { told, handlers } = listen();
  trpc.count.subscribe({ to: 1_000 }, handlers);
  await until(told, (entries) => entries.length > 1);
  await client.close();
  expect(told.current.at(-1)).toMatchObject({ cause: { code: "CLOSED" } });
  expect((await caught(trpc.whoAmI.query())).cause).toMatchObject({ code: "CLOSED" });
});

test("An input that is larger than the server takes is refused before it is sent", async () => {
  await using app = await startSharedApp();
  await using page = connect(app.url, { maxPayload: 1_000 });
  const error = await caught(page.trpc.refuse.mutate({ why: "x".repeat(1_000) }));
  expect(error.cause).toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
});

test("A link cannot be made of what is no client", () => {
  expect(() => trpcLink<AppRouter>({ client: {} as never, transformer: superjson })).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST" }),
  );
});
