import { ShoalError } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { goOffline } from "./support/go-offline.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const watch = "realtime.counter.watch";
const presence = "realtime.counter.presence";
const home = { counterId: "home" };
const idle = { typing: false };
const typing = { typing: true };

function doNothing(): void {}

describe("presence", () => {
  test("shows several tabs of a user as one member, until the last of them is gone", async () => {
    await using server = await startServer();
    await using bob = connect(server, "bob");
    const seen = bob.counter(home);
    seen.subscribe(doNothing);
    const tabs = [connect(server, "ann"), connect(server, "ann")] as const;
    for (const tab of tabs) {
      tab.counter(home).presence.set(idle);
      tab.counter(home).subscribe(doNothing);
    }
    const { members } = await until(seen, ({ members: [ann] }) => ann?.clients.length === 2);
    expect(members).toEqual([
      {
        id: "ann",
        name: "ANN",
        clients: [
          { id: expect.any(String), state: idle },
          { id: expect.any(String), state: idle },
        ],
      },
    ]);
    await tabs[0].close();
    await until(seen, ({ members: [ann] }) => ann?.clients.length === 1);
    await tabs[1].close();
    await until(seen, ({ members }) => members.length === 0);
  });

  test("needs to be shown: who only watches is no member", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    topic.presence.set(idle);
    expect((await until(topic, ({ members }) => members.length > 0)).members).toMatchObject([{ id: "ann" }]);
    expect(topic.current.status).toBe("live");
    topic.presence.clear();
    await until(topic, ({ members }) => members.length === 0);
    expect(ann.network.inputs(watch).map((input) => [input.presence, typeof input.lastEventId])).toEqual([
      [undefined, "undefined"],
      [idle, "string"],
      [undefined, "string"],
    ]);
    expect(ann.network.frames.current.filter((kind) => kind === "snapshot")).toHaveLength(1);
  });

  test("set before the topic is watched goes with the watch, and sends nothing else", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    topic.presence.set(idle);
    topic.presence.set(typing);
    const { members } = await until(topic, ({ members }) => members.length > 0);
    expect(members).toMatchObject([{ clients: [{ state: typing }] }]);
    expect(ann.network.asked.current.map(({ path }) => path)).toEqual([watch]);
  });

  test("sends its changes at a bounded rate, and the last one always", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { presenceInterval: 200 });
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    topic.presence.set(idle);
    await until(topic, ({ members }) => members.length > 0);
    for (let turn = 0; turn < 20; turn += 1) {
      topic.presence.set(turn % 2 === 0 ? typing : idle);
      await Promise.resolve();
    }
    topic.presence.set(typing);
    await until(topic, ({ members: [ann] }) => ann?.clients[0]?.state.typing === true);
    expect(ann.network.inputs(presence).length).toBeLessThanOrEqual(2);
    expect(ann.network.inputs(presence).at(-1)).toEqual({ ...home, clientId: expect.any(String), state: typing });
  });

  test("is shown again after the connection was lost, as it is by then", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const seen = bob.counter(home);
    seen.subscribe(doNothing);
    const topic = ann.counter(home);
    topic.presence.set(idle);
    topic.subscribe(doNothing);
    await until(seen, ({ members }) => members.length === 1);
    await goOffline(ann, server);
    await until(seen, ({ status, members }) => status === "live" && members.length === 0);
    topic.presence.set(typing);
    ann.network.online = true;
    await until(seen, ({ members: [ann] }) => ann?.clients[0]?.state.typing === true);
    expect(ann.network.inputs(presence)).toEqual([]);
  });

  test("lasts until the last of those who joined has left", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    const [first, second] = [topic.presence.join(idle), topic.presence.join(typing)];
    expect((await until(topic, ({ members }) => members.length > 0)).members).toMatchObject([
      { clients: [{ state: idle }] },
    ]);
    first();
    first();
    second();
    topic.presence.join(typing);
    await until(topic, ({ members: [ann] }) => ann?.clients[0]?.state.typing === true);
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("that the server refuses is told again when it says so, as it is by then", async () => {
    const refusedAt: number[] = [];
    await using server = await startServer({
      onAsked(action) {
        if (action !== "presence" || refusedAt.length === 2) return;
        refusedAt.push(performance.now());
        throw new ShoalError("TOO_MANY_REQUESTS", "Not so fast.", { retryAfterMs: 300 });
      },
    });
    await using ann = connect(server, "ann", { presenceInterval: 0 });
    const topic = ann.counter(home);
    topic.presence.set(idle);
    topic.subscribe(doNothing);
    await until(topic, ({ members }) => members.length === 1);
    topic.presence.set(typing);
    await expect.poll(() => refusedAt.length).toBe(1);
    // What is asked after it is answered after it.
    await ann.counter.query.double({ of: 1 });
    topic.presence.set(idle);
    topic.presence.set(typing);
    await until(topic, ({ members: [ann] }) => ann?.clients[0]?.state.typing === true);
    expect((refusedAt[1] ?? 0) - (refusedAt[0] ?? 0)).toBeGreaterThan(295);
    expect(ann.network.inputs(presence).map(({ state }) => state)).toEqual([typing, typing, typing]);
  });

  test("that is lost while the watch goes on is told again", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { timeoutMs: 200 });
    const topic = ann.counter(home);
    topic.presence.set(idle);
    topic.subscribe(doNothing);
    await until(topic, ({ members }) => members.length === 1);
    ann.network.swallow = true;
    topic.presence.set(typing);
    await until(ann.network.asked, (asked) => asked.at(-1)?.path === presence);
    ann.network.swallow = false;
    await until(topic, ({ members: [ann] }) => ann?.clients[0]?.state.typing === true);
    expect(ann.network.inputs(watch)).toHaveLength(1);
  });

  test("that can not be taken is not told again, and the next one is", async () => {
    const refusals = [new ShoalError("FORBIDDEN", "Not like this.")];
    await using server = await startServer({
      onAsked(action) {
        const refusal = action === "presence" ? refusals.pop() : undefined;
        if (refusal) throw refusal;
      },
    });
    await using ann = connect(server, "ann", { presenceInterval: 0 });
    const topic = ann.counter(home);
    topic.presence.set(idle);
    topic.subscribe(doNothing);
    await until(topic, ({ members }) => members.length === 1);
    topic.presence.set(typing);
    await expect.poll(() => refusals.length).toBe(0);
    topic.presence.set(idle);
    await expect.poll(() => ann.network.inputs(presence).map(({ state }) => state)).toEqual([typing, idle]);
    expect(topic.current.status).toBe("live");
  });
});
