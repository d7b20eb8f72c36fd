import { rooms } from "@shoal/contract/rooms";
import { ShoalProvider } from "@shoal/react";
import { channelOptions, topicQueryKey, useChannelOptions } from "@shoal/react/tanstack-query";
import {
  dehydrate,
  HydrationBoundary,
  hydrate,
  QueryClient,
  QueryClientProvider,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { type ReactNode, Suspense } from "react";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { goOffline } from "../../client/test/support/go-offline.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { render, Use } from "./support/render.tsx";

const watch = "realtime.counter.watch";
const home = { counterId: "home" };

function Value() {
  const { data, status } = useQuery(useChannelOptions(counter).topic(home).queryOptions());
  return `${status} ${data?.value}\n`;
}

function inCache(queryClient: QueryClient, children: ReactNode) {
  return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;
}

/** Waits until something that is looked at again and again is so. */
function becomes(look: () => unknown, wanted: unknown) {
  return expect.poll(look, { timeout: 4_000 }).toEqual(wanted);
}

describe("a topic as a query", () => {
  test("has its first state, and then what happens while it is observed, by one watch", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    using page = render(ann, inCache(new QueryClient(), [<Value key="a" />, <Value key="b" />]));
    await page.shows("success 0\nsuccess 0\n");
    await bob.counter(home).send.add({ by: 3 });
    await page.shows("success 3\nsuccess 3\n");
    await ann.counter(home).send.add({ by: 4 });
    await page.shows("success 7\nsuccess 7\n");
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("is watched no more when nobody observes it, and goes on where it was when somebody does again", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    await using bob = connect(server, "bob");
    const queryClient = new QueryClient();
    using page = render(ann, inCache(queryClient, <Value />));
    await page.shows("success 0\n");
    page.show(inCache(queryClient, null));
    const topic = ann.counter(home);
    await becomes(() => topic.current.status, "reconnecting");
    await bob.counter(home).send.add({ by: 3 });
    page.show(inCache(queryClient, <Value />));
    await page.shows("success 3\n");
    expect(ann.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(1);
  });

  test("shows what a command will do before it is done, and cannot be gone on from meanwhile", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const queryClient = new QueryClient();
    using page = render(ann, inCache(queryClient, <Value />));
    await page.shows("success 0\n");
    await goOffline(ann, server);
    const abort = new AbortController();
    const sent = ann.counter(home).send.add({ by: 5 }, { signal: abort.signal });
    await page.shows("success 5\n");
    expect(queryClient.getQueryData(topicQueryKey(counter, home))).toMatchObject({
      state: { value: 5 },
      position: null,
    });
    abort.abort();
    await expect(sent).rejects.toThrow("aborted");
    await page.shows("success 0\n");
    expect(queryClient.getQueryData(topicQueryKey(counter, home))).toMatchObject({ position: expect.any(String) });
  });

  test("is what the server has again after something was missed", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    using page = render(ann, inCache(new QueryClient(), <Value />));
    await page.shows("success 0\n");
    ann.network.lose = ({ kind }) => kind === "events";
    await bob.counter(home).send.add({ by: 3 });
    await ann.counter.query.double({ of: 1 });
    ann.network.lose = () => false;
    await bob.counter(home).send.add({ by: 4 });
    await page.shows("success 7\n");
    expect(ann.network.inputs(watch)).toHaveLength(2);
  });

  test("is prefetched, without being watched on", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    const queryClient = new QueryClient();
    const options = channelOptions(ann, counter).topic(home).queryOptions();
    await queryClient.prefetchQuery(options);
    expect(queryClient.getQueryData(options.queryKey)?.state.value).toBe(0);
    await becomes(() => ann.counter(home).current.status, "reconnecting");
    using page = render(ann, inCache(queryClient, <Value />));
    await page.shows("success 0\n");
    await ann.counter(home).send.add({ by: 1 });
    await page.shows("success 1\n");
  });

  test("travels from one cache to another, and goes on there without a second load", async () => {
    await using server = await startServer();
    await using bob = connect(server, "bob");
    await bob.counter(home).send.add({ by: 3 });
    const onServer = new QueryClient();
    const snapshot = await server.realtime.topic(counter, home).as({ id: "ann", name: "ANN" }).snapshot();
    onServer.setQueryData(topicQueryKey(counter, home), snapshot);
    const state = JSON.parse(JSON.stringify(dehydrate(onServer)));
    const html = renderToString(
      <ShoalProvider client={connect({ url: "/trpc" }, null)}>
        {inCache(new QueryClient(), <HydrationBoundary state={state}>{<Value />}</HydrationBoundary>)}
      </ShoalProvider>,
    );
    expect(html).toBe("success 3\n");
    await bob.counter(home).send.add({ by: 4 });

    await using ann = connect(server, "ann");
    const queryClient = new QueryClient();
    hydrate(queryClient, state);
    using page = render(ann, inCache(queryClient, <Value />));
    await page.shows("success 7\n");
    expect(ann.network.frames.current.filter((kind) => kind !== "presence")).toEqual(["resumed", "events"]);
  });

  test("suspends, and is live once it is shown", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const showEven = () => {
      const options = channelOptions(ann, counter)
        .topic(home)
        .queryOptions({ select: ({ value }) => value % 2 === 0 });
      return `even: ${useSuspenseQuery(options).data}`;
    };
    using page = render(
      ann,
      inCache(new QueryClient(), <Suspense fallback="waits">{<Use hook={showEven} />}</Suspense>),
    );
    await page.shows("waits");
    await page.shows("even: true");
    await ann.counter(home).send.add({ by: 1 });
    await page.shows("even: false");
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("fails as the topic does, also later, and is tried again when it is fetched again", async () => {
    await using server = await startServer();
    let token: string | null = null;
    await using ann = connect(server, null, { token: () => token });
    const queryClient = new QueryClient();
    using page = render(ann, inCache(queryClient, <Value />));
    await page.shows("error undefined\n");
    const options = channelOptions(ann, counter).topic(home).queryOptions();
    expect(queryClient.getQueryState(options.queryKey)?.error?.code).toBe("UNAUTHORIZED");
    token = "ann";
    server.cut();
    await until(ann.connection, ({ status }) => status === "reconnecting");
    await queryClient.refetchQueries({ queryKey: options.queryKey });
    await page.shows("success 0\n");
    token = null;
    server.cut();
    await page.shows("error 0\n");
  });
});

describe("a topic in the cache, when somebody else signs in", () => {
  test("is gone, and is fetched anew", async () => {
    await using server = await startServer();
    let user = "ann";
    await using client = connect(server, null, { token: () => user, user: () => ({ id: user }) });
    const queryClient = new QueryClient();
    const seen: string[] = [];
    const showBy = () => {
      const { data, status } = useQuery(useChannelOptions(counter).topic(home).queryOptions());
      seen.push(`${user} ${status} ${data?.value}`);
      return seen.at(-1);
    };
    using page = render(client, inCache(queryClient, <Use hook={showBy} />));
    await page.shows("ann success 0");
    user = "bob";
    client.checkUser();
    await page.shows("bob success 0");
    expect(seen.filter((text) => text.startsWith("bob"))[0]).toBe("bob pending undefined");
    expect(client.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(2);
  });
});

describe("a query of a channel", () => {
  test("is asked with its input, under a key that an invalidation can name", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const queryClient = new QueryClient();
    const { query } = channelOptions(ann, counter);
    const showDouble = () => useQuery(query.double.queryOptions({ of: 4 })).data?.result;
    using page = render(ann, inCache(queryClient, <Use hook={showDouble} />));
    await page.shows("8");
    expect(queryClient.getQueryData(query.double.queryKey({ of: 4 }))).toEqual({ result: 8 });
    await queryClient.invalidateQueries({ queryKey: query.double.key() });
    expect(ann.network.inputs("realtime.counter.double")).toEqual([{ of: 4 }, { of: 4 }]);
  });

  test("fails with the server's error, which is not asked for again", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const options = channelOptions(ann, counter).query.double.queryOptions({ of: 0.5 });
    await expect(new QueryClient().fetchQuery(options)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(ann.network.inputs("realtime.counter.double")).toHaveLength(1);
  });

  test("that pages is read page by page, to the end", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    for (const text of ["one", "two", "three"]) await ann.rooms({ roomId: "lobby" }).send.post({ text });
    let readOn = async (): Promise<unknown> => undefined;
    const showHistory = () => {
      const options = useChannelOptions(rooms).query.history.infiniteQueryOptions({ roomId: "lobby", limit: 2 });
      const { data, fetchNextPage, hasNextPage } = useInfiniteQuery(options);
      readOn = fetchNextPage;
      const texts = data?.pages.map(({ items }) => items.map((entry) => (entry.kind === "message" ? entry.text : "")));
      return `${texts?.map((page) => page.join(" ")).join(" | ")} ${hasNextPage ? "…" : "."}`;
    };
    using page = render(ann, inCache(new QueryClient(), <Use hook={showHistory} />));
    await page.shows("three two …");
    await readOn();
    await page.shows("three two | one .");
    const asked = ann.network.inputs("realtime.rooms.history");
    expect(asked[0]).toEqual({ roomId: "lobby", limit: 2 });
    expect(asked.at(-1)).toEqual({ roomId: "lobby", limit: 2, cursor: 2 });
  });

  test("needs the channel in the client, and says so", async () => {
    const other = connect({ url: "/trpc" }, null);
    const { counter: _, ...without } = other;
    expect(() => channelOptions(without, counter)).toThrow('The client has no channel "counter".');
  });
});

describe("a command as a mutation", () => {
  test("has its outcome as data, a rejection too", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    let send = async (_by: number): Promise<unknown> => undefined;
    const showAdd = () => {
      const add = useMutation(useChannelOptions(counter).topic(home).send.add.mutationOptions());
      send = (by) => add.mutateAsync({ by });
      if (!add.data) return add.status;
      return add.data.ok ? `at ${add.data.offset}` : add.data.reason;
    };
    using page = render(ann, inCache(new QueryClient(), <Use hook={showAdd} />));
    await page.shows("idle");
    await send(3);
    await page.shows("at 1");
    await send(300);
    await page.shows("TOO_LARGE");
  });

  test("is the same command when it is tried again, and another one the next time", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const queryClient = new QueryClient();
    const options = channelOptions(ann, counter).topic(home).send.add.mutationOptions({ retry: 3, retryDelay: 0 });
    const mutate = () => queryClient.getMutationCache().build(queryClient, options).execute({ by: 2 });
    await ann.counter.query.double({ of: 1 });
    const first = mutate();
    await until(ann.network.asked, (asked) => asked.some(({ path }) => path === "realtime.counter.add"));
    server.cut();
    await expect(first).resolves.toMatchObject({ ok: true, offset: 1 });
    await expect(mutate()).resolves.toMatchObject({ ok: true, offset: 2 });
    const ids = ann.network.inputs("realtime.counter.add").map(({ commandId }) => commandId);
    expect(ids.length).toBeGreaterThanOrEqual(2);
    expect(new Set(ids).size).toBe(2);
  });

  test("needs no input where the command has none", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    let reset = (): void => {};
    const showReset = () => {
      const mutation = useMutation(useChannelOptions(counter).topic(home).send.reset.mutationOptions());
      reset = () => mutation.mutate();
      return mutation.status;
    };
    using page = render(ann, inCache(new QueryClient(), <Use hook={showReset} />));
    await page.shows("idle");
    reset();
    await page.shows("success");
  });
});
