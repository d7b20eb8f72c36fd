import { describe, expect, test } from "vitest";
import type { ClientOptions } from "../src/client-options.ts";
import { connect } from "./support/connect.ts";
import { goOffline } from "./support/go-offline.ts";
import { type channels, startServer, type TestServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const home = { listId: "home" };
const accepted = { fate: "accepted" } as const;

function doNothing(): void {}

/** A page on which one user after the other signs in. */
function openPage(server: TestServer, first: string | null, options: Partial<ClientOptions<typeof channels>> = {}) {
  let user = first;
  const client = connect(server, null, {
    token: () => user,
    user: () => (user === null ? null : { id: user }),
    ...options,
  });
  /** Somebody signs in, which the client is not told. */
  const become = (next: string | null) => {
    user = next;
  };
  const signIn = (next: string | null) => {
    become(next);
    client.checkUser();
  };
  return Object.assign(client, { become, signIn });
}

describe("when another user signs in", () => {
  test("what the one before has seen is gone at once, and the topic is watched anew", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    const topic = page.counter({ counterId: "home" });
    topic.subscribe(doNothing);
    await topic.send.add({ by: 3 });
    await until(topic, ({ offset }) => offset === 1);
    page.signIn("bob");
    expect(topic.current).toMatchObject({ status: "connecting", stale: false, state: undefined, members: [] });
    expect(await until(topic, ({ status }) => status === "live")).toMatchObject({ state: { value: 3 } });
    expect(page.network.inputs("realtime.counter.watch").map(({ lastEventId }) => lastEventId)).toEqual([
      undefined,
      undefined,
    ]);
  });

  test("a topic that failed for the one before is tried again for the next", async () => {
    await using server = await startServer();
    await using page = openPage(server, null);
    const topic = page.counter({ counterId: "home" });
    topic.subscribe(doNothing);
    await until(topic, ({ status }) => status === "failed");
    page.signIn("ann");
    await until(topic, ({ status }) => status === "live");
  });

  test("presence is that of the new one", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    const topic = page.counter({ counterId: "home" });
    topic.presence.set({ typing: false });
    topic.subscribe(doNothing);
    await until(topic, ({ members: [member] }) => member?.id === "ann");
    page.signIn("bob");
    await until(topic, ({ members }) => members.length === 1 && members[0]?.id === "bob");
  });

  test("what the one before has asked for is not shown to the next one", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    await until(page.counter({ counterId: "home" }), ({ status }) => status === "live");
    const asked = page.counter.query.double({ of: 4 });
    await until(page.network.asked, (all) => all.some(({ path }) => path === "realtime.counter.double"));
    page.become("bob");
    await expect(asked).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(await page.counter.query.double({ of: 4 })).toEqual({ result: 8 });
  });

  test("commands that wait are held, shown to nobody else, and sent when their user is back", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    const topic = await watched(page.list(home));
    await goOffline(page, server);
    const anns = topic.send.add({ entry: "hers", ...accepted });
    expect(topic.current).toMatchObject({ pending: 1, state: { entries: ["ann: hers"] } });
    page.signIn("bob");
    expect(topic.current).toMatchObject({ pending: 0, state: undefined });
    page.network.online = true;
    const bobs = topic.send.add({ entry: "his", ...accepted });
    expect(await bobs).toEqual({ ok: true, offset: 1 });
    await until(topic, ({ offset }) => offset === 1);
    expect(topic.current.state).toEqual({ entries: ["bob: his"] });
    expect(await until(page.queue, ({ held }) => held === 1)).toMatchObject({ queued: 0 });
    page.signIn("ann");
    expect(await anns).toEqual({ ok: true, offset: 2 });
    await until(topic, ({ offset }) => offset === 2);
    expect(await server.entries("home")).toEqual(["bob: his", "ann: hers"]);
    expect(page.queue.current.held).toBe(0);
  });

  test("commands that wait can be discarded", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    page.network.online = false;
    const anns = page.list(home).send.add({ entry: "hers", ...accepted });
    await until(page.queue, ({ queued }) => queued === 1);
    page.signIn("bob");
    await until(page.queue, ({ held }) => held === 1);
    page.queue.discardHeld();
    await expect(anns).rejects.toMatchObject({ code: "CLOSED" });
    page.network.online = true;
    page.signIn("ann");
    expect(await page.list(home).send.add({ entry: "another", ...accepted })).toEqual({ ok: true, offset: 1 });
    expect(await server.entries("home")).toEqual(["ann: another"]);
  });

  test("and the client is not told, it finds out when it is used", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    await page.list(home).send.add({ entry: "hers", ...accepted });
    page.become("bob");
    await page.list(home).send.add({ entry: "his", ...accepted });
    expect(await server.entries("home")).toEqual(["ann: hers", "bob: his"]);
  });

  test("and the client is not told, it finds out before it connects again", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    const topic = await watched(page.list(home));
    await goOffline(page, server);
    const anns = topic.send.add({ entry: "hers", ...accepted });
    page.become("bob");
    page.network.online = true;
    await until(page.queue, ({ held }) => held === 1);
    await until(topic, ({ status }) => status === "live");
    expect(topic.current.state).toEqual({ entries: [] });
    page.signIn("ann");
    expect(await anns).toMatchObject({ ok: true });
    expect(await server.entries("home")).toEqual(["ann: hers"]);
  });

  test("while a token is being fetched, that token is not used", async () => {
    await using server = await startServer();
    let user = "ann";
    const asked: (() => void)[] = [];
    // It tells who the user was when it was asked, however late it answers.
    const token = async () => {
      const then = user;
      if (asked.length === 0) await new Promise<void>((resolve) => asked.push(resolve));
      return then;
    };
    await using page = connect(server, null, { token, user: () => ({ id: user }) });
    const anns = page.list(home).send.add({ entry: "hers", ...accepted });
    await until(page.connection, ({ status }) => status === "connecting");
    user = "bob";
    const bobs = page.list(home).send.add({ entry: "his", ...accepted });
    asked[0]?.();
    expect(await bobs).toMatchObject({ ok: true });
    user = "ann";
    page.checkUser();
    expect(await anns).toMatchObject({ ok: true });
    expect(await server.entries("home")).toEqual(["bob: his", "ann: hers"]);
  });

  test("what was asked for the one before and not answered fails, and may be asked again", async () => {
    await using server = await startServer();
    await using page = openPage(server, "ann");
    page.network.online = false;
    const asked = page.counter.query.double({ of: 4 });
    page.signIn("bob");
    await expect(asked).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    page.network.online = true;
    expect(await page.counter.query.double({ of: 4 })).toEqual({ result: 8 });
  });

  test("or the same one in another tenant, whose topics are others", async () => {
    await using server = await startServer();
    let tenant = "acme";
    await using page = connect(server, "ann", { user: () => ({ id: "ann", tenant }) });
    page.network.online = false;
    const sent = page.list(home).send.add({ entry: "for acme", ...accepted });
    await until(page.queue, ({ queued }) => queued === 1);
    tenant = "other";
    page.checkUser();
    page.network.online = true;
    await page.list(home).send.add({ entry: "for the other", ...accepted });
    expect(page.queue.current).toMatchObject({ held: 1 });
    expect(await server.entries("home")).toEqual(["ann: for the other"]);
    tenant = "acme";
    page.checkUser();
    expect(await sent).toMatchObject({ ok: true });
  });

  test("under the same id, nothing happens: a name may change, and a token", async () => {
    await using server = await startServer();
    let name = "Ann";
    await using page = connect(server, "ann", { user: () => ({ id: "ann", name }) });
    const topic = page.counter({ counterId: "home" });
    topic.subscribe(doNothing);
    const { state } = await until(topic, ({ status }) => status === "live");
    name = "Anna";
    page.checkUser();
    expect(topic.current).toMatchObject({ status: "live" });
    expect(topic.current.state).toBe(state);
  });
});
