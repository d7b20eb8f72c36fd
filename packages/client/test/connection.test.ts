import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../src/client.ts";
import { initialConnectionState } from "../src/connection.ts";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const home = { counterId: "home" };

function doNothing(): void {}

describe("the connection", () => {
  test("is made at the first use, made again when it is lost, and ends with the client", async () => {
    await using server = await startServer();
    const ann = connect(server, "ann");
    const { connection } = ann;
    const seen: string[] = [];
    connection.subscribe(() => {
      if (connection.current.status !== seen.at(-1)) seen.push(connection.current.status);
    });
    expect(connection.current).toBe(initialConnectionState);
    const before = Date.now();
    ann.counter(home).subscribe(doNothing);
    const { since } = await until(connection, ({ status }) => status === "open");
    expect(since).toBeGreaterThanOrEqual(before);
    server.cut();
    const { error } = await until(connection, ({ status }) => status === "reconnecting");
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await until(connection, ({ status }) => status === "open");
    await ann.close();
    expect(seen).toEqual(["connecting", "open", "reconnecting", "open", "closed"]);
  });

  test("is shared by everything that a client does", async () => {
    await using server = await startServer();
    let sockets = 0;
    class Counted extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets += 1;
      }
    }
    await using ann = connect(server, "ann", { WebSocket: Counted });
    await Promise.all([
      until(ann.counter(home), ({ status }) => status === "live"),
      until(ann.counter({ counterId: "work" }), ({ status }) => status === "live"),
      until(ann.rooms({ roomId: "lobby" }), ({ status }) => status === "live"),
      ann.counter.query.double({ of: 1 }),
    ]);
    expect(sockets).toBe(1);
  });

  test("is kept trying for when there is no server yet", async () => {
    const first = await startServer();
    await first.close();
    await using ann = connect(first, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await until(ann.connection, ({ status }) => status === "reconnecting");
    expect(topic.current.status).toBe("connecting");
    await using server = await startServer({ port: first.port });
    await until(topic, ({ status }) => status === "live");
    expect(server.port).toBe(first.port);
  });

  test("is made at once when somebody wants it so", async () => {
    const first = await startServer();
    await using ann = connect(first, "ann");
    await until(ann.counter(home), ({ status }) => status === "live");
    await first.close();
    await until(ann.connection, ({ attempt }) => (attempt ?? 0) >= 2);
    await using server = await startServer({ port: first.port });
    ann.connection.retry();
    expect(ann.connection.current).toMatchObject({ status: "reconnecting", retryAt: undefined });
    await until(ann.connection, ({ status }) => status === "open");
    expect(server.port).toBe(first.port);
  });

  test("asks for the token anew each time it is made", async () => {
    await using server = await startServer();
    const tokens: string[] = [];
    const token = async () => {
      tokens.push(`ann${tokens.length}`);
      return tokens.at(-1) ?? null;
    };
    await using ann = connect(server, null, { token });
    const topic = ann.counter(home);
    topic.presence.set({ typing: false });
    topic.subscribe(doNothing);
    await until(topic, ({ members: [member] }) => member?.id === "ann0");
    server.cut();
    await until(topic, ({ members: [member] }) => member?.id === "ann1");
    expect(tokens).toEqual(["ann0", "ann1"]);
  });

  test("is tried again when the token cannot be had", async () => {
    await using server = await startServer();
    let asked = 0;
    const token = () => {
      asked += 1;
      if (asked === 1) throw new Error("the session's server is down");
      return "ann";
    };
    await using ann = connect(server, null, { token });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    const { error } = await until(ann.connection, ({ status }) => status === "reconnecting");
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", cause: { message: "the session's server is down" } });
    await until(topic, ({ status }) => status === "live");
  });

  test.each([
    ["an application that refuses the connection", "nobody"],
    ["a channel that refuses who is not signed in", null],
  ])("that %s makes topics fail as unauthorized", async (_who, token) => {
    await using server = await startServer();
    await using ann = connect(server, token);
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code: "UNAUTHORIZED" } });
  });

  test("that was refused is not tried again by itself, but by the next request", async () => {
    await using server = await startServer();
    let token = "nobody";
    await using ann = connect(server, null, { token: () => token });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await until(topic, ({ status }) => status === "failed");
    expect(await until(ann.connection, ({ status }) => status === "failed")).toMatchObject({
      error: { code: "UNAUTHORIZED" },
    });
    token = "ann";
    topic.retry();
    await until(topic, ({ status }) => status === "live");
  });

  test("that the server closes as unauthorized is made again with a new token, if it had worked until then", async () => {
    await using server = await startServer();
    const tokens = ["ann", "ann again"];
    await using ann = connect(server, null, { token: () => tokens.shift() ?? null });
    const topic = ann.counter(home);
    topic.presence.set({ typing: false });
    topic.subscribe(doNothing);
    await until(topic, ({ members: [member] }) => member?.id === "ann");
    server.cut(4001);
    await until(topic, ({ members: [member] }) => member?.id === "ann again");
  });

  test.each([
    [4001, "UNAUTHORIZED"],
    [4003, "FORBIDDEN"],
  ])("that the server closes with %i before it has answered anything is refused as %s", async (closeCode, code) => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    ann.connection.subscribe(() => {
      if (ann.connection.current.status === "open") server.cut(closeCode);
    });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code } });
    expect(ann.connection.current).toMatchObject({ status: "failed", error: { code } });
  });
});

describe("in a page, the connection", () => {
  /** The page's window: events of a target of one's own, and how many listen to them. */
  function openPage() {
    const page = Object.assign(new EventTarget(), { listeners: 0 });
    vi.stubGlobal("addEventListener", (...args: Parameters<EventTarget["addEventListener"]>) => {
      page.listeners += 1;
      page.addEventListener(...args);
    });
    vi.stubGlobal("removeEventListener", (...args: Parameters<EventTarget["removeEventListener"]>) => {
      page.listeners -= 1;
      page.removeEventListener(...args);
    });
    return page;
  }

  afterEach(() => void vi.unstubAllGlobals());

  test("is lost with the network, back with it, and listens to nothing once it is closed", async () => {
    const page = openPage();
    await using server = await startServer();
    const ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    ann.network.online = false;
    page.dispatchEvent(new Event("offline"));
    expect(ann.connection.current).toMatchObject({ status: "reconnecting", offline: true });
    expect(topic.current.status).toBe("reconnecting");
    ann.network.online = true;
    page.dispatchEvent(new Event("online"));
    await until(topic, ({ status }) => status === "live");
    expect(page.listeners).toBeGreaterThan(0);
    await ann.close();
    expect(page.listeners).toBe(0);
  });

  test("ends when the page goes into the back and forward cache, and is made again when it comes out", async () => {
    const page = openPage();
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted: true }));
    expect(ann.connection.current).toMatchObject({ status: "reconnecting", retryAt: undefined });
    page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await until(topic, ({ status }) => status === "live");
  });
});

describe("a client", () => {
  test("that is closed closes its topics, and refuses whatever is asked of it", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    await ann.close();
    expect(topic.current).toMatchObject({ status: "closed", state: { value: 1 } });
    await expect(topic.send.add({ by: 1 })).rejects.toMatchObject({ code: "CLOSED" });
    expect(await until(ann.counter({ counterId: "new" }), ({ status }) => status === "closed")).toBeDefined();
  });

  test("that is closed while it connects gives up what waits", async () => {
    await using ann = connect({ url: "http://localhost:2/trpc" }, "ann");
    const sent = ann.counter(home).send.add({ by: 1 });
    await until(ann.connection, ({ status }) => status === "reconnecting");
    await ann.close();
    await expect(sent).rejects.toMatchObject({ code: "CLOSED" });
  });

  test("that is closed while a connection hangs does not wait for it", async () => {
    const hanging = createServer().listen(0);
    const { port } = hanging.address() as AddressInfo;
    const ann = connect({ url: `http://localhost:${port}/trpc` }, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    const [socket] = await once(hanging, "connection");
    await ann.close();
    expect(topic.current.status).toBe("closed");
    socket.destroy();
    hanging.close();
  });

  test("needs an absolute address where there is no page", async () => {
    await using ann = connect({ url: "/trpc" }, "ann");
    expect(await until(ann.counter(home), ({ status }) => status === "failed")).toMatchObject({
      error: { code: "BAD_REQUEST" },
    });
    await expect(ann.counter(home).send.add({ by: 1 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("speaks through the application's transformer", async () => {
    const transformer = {
      serialize: (value: unknown) => ({ wrapped: JSON.stringify(value ?? null) }),
      deserialize: (value: { wrapped: string }) => JSON.parse(value.wrapped),
    };
    await using server = await startServer({ transformer });
    await using ann = connect(server, "ann", { transformer });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    expect(await topic.send.add({ by: 101 })).toMatchObject({ reason: "TOO_LARGE" });
    await topic.send.add({ by: 2 });
    expect(await until(topic, ({ offset }) => offset === 1)).toMatchObject({ state: { value: 2 } });
    await using nobody = connect(server, "nobody", { transformer });
    const refused = await until(nobody.counter(home), ({ status }) => status === "failed");
    expect(refused).toMatchObject({ error: { code: "UNAUTHORIZED" } });
  });

  test("finds a realtime router that is the whole router", async () => {
    await using server = await startServer({ atRoot: true });
    await using ann = connect(server, "ann", { path: "" });
    expect(await ann.counter(home).send.add({ by: 1 })).toMatchObject({ ok: true });
  });

  test("cannot have two channels of one name", () => {
    expect(() => createClient({ url: "/trpc", channels: [counter, counter] })).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST" }),
    );
  });
});
