import { attach, type SharedFrame, system, type Watch } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { connectByHttp, followUntyped } from "../support/connect.ts";
import { openRawSocket } from "../support/raw-socket.ts";
import { eventually } from "../support/recorder.ts";
import {
  audienceOfUser,
  audiences,
  forbidden,
  markers,
  serveVault,
  type VaultAudience,
  vault,
} from "../support/vault.ts";

const vaultId = "main";
const input = JSON.stringify({ vaultId });
const events = 20;

/** Who is of which audience. */
const people = { staff: "staff", buyers: "buyer", public: "guest" } as const;

async function startVault() {
  const { served, calls } = serveVault();
  const app = await startApp({ more: [served] });
  const topic = app.realtime.topic(vault, { vaultId }).as(system);
  return {
    app,
    calls,
    topic,
    /** Every third event is one that only the staff sees. */
    async fill(from: number, to: number) {
      for (let n = from; n <= to; n += 1) await (n % 3 === 0 ? topic.send.hint({ n }) : topic.send.put({ n }));
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** No marker that the audience may not see is in any of the texts. */
function expectNoSecrets(audience: VaultAudience, texts: readonly string[]): void {
  for (const text of texts) for (const marker of forbidden[audience]) expect(text).not.toContain(marker);
}

const once = (audience: string) => [...Array(events).keys()].map((index) => [`${index + 1} ${audience}`, 1]);

describe("A thousand subscribers of one topic in three audiences", () => {
  test("over thirty sockets cost one cut for each event and audience, and none is shown what is not for it", async () => {
    await using world = await startVault();
    const { app, calls } = world;
    const sockets = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const audience = audiences[index % 3] as VaultAudience;
        const socket = await openRawSocket(app, `${people[audience]}-${index}`);
        const subscriptions = index < 10 ? 34 : 33;
        for (let id = 1; id <= subscriptions; id += 1) socket.ask(id, "subscription", "realtime.vault.watch", input);
        return { ...socket, audience, subscriptions };
      }),
    );
    await using stack = new AsyncDisposableStack();
    for (const socket of sockets) stack.use(socket);
    const all = sockets.reduce((sum, { subscriptions }) => sum + subscriptions, 0);
    expect(all).toBe(1_000);
    const received = (pattern: RegExp) =>
      sockets.reduce((sum, { texts }) => sum + texts.items.filter((text) => pattern.test(text)).length, 0);
    await eventually(() => received(/"kind":"presence","full"/) === all, "all have begun", 20_000);
    expect(received(/"kind":"snapshot","reason":"initial"/)).toBe(all);
    // Whoever joined at one offset got the one snapshot of its audience.
    expect([...calls.state].toSorted()).toEqual([
      ["buyers", 1],
      ["public", 1],
      ["staff", 1],
    ]);
    expect([...calls.event]).toEqual([]);
    await world.fill(1, events);
    await eventually(() => received(/"kind":"events".*"to":20,/) === all, "all have the last event", 20_000);
    expect([...calls.event].toSorted()).toEqual(audiences.flatMap(once).toSorted());
    expect([...calls.state.values()]).toEqual([1, 1, 1]);
    for (const { audience, texts } of sockets) expectNoSecrets(audience, texts.items);
    const ofAudience = (wanted: VaultAudience) =>
      sockets.find(({ audience }) => audience === wanted)?.texts.items.join();
    expect(ofAudience("staff")).toContain(`${markers.staff} hint 18`);
    expect(ofAudience("buyers")).toContain(`${markers.buyers} 20`);
    expect(ofAudience("public")).toContain(`${markers.everyone} 20`);
    expect(JSON.stringify(await world.topic.history({ limit: 50 }))).not.toContain(markers.nobody);
  });

  test("who attach are handed the same frames, one object for each audience", async () => {
    await using world = await startVault();
    const { app } = world;
    const sinks = await Promise.all(
      Array.from({ length: 999 }, async (_, index) => {
        const audience = audiences[index % 3] as VaultAudience;
        const frames: SharedFrame[] = [];
        const caller = app.router.createCaller({ user: { id: `${people[audience]}-${index}` } })
          .realtime as unknown as {
          readonly vault: { watch(input: object): Promise<Watch> };
        };
        const watch = await caller.vault.watch({ vaultId });
        await watch[attach]({ push: (frame) => frames.push(frame), fail: () => {} });
        return { audience, frames };
      }),
    );
    await world.fill(1, events);
    for (const audience of audiences) {
      const crowd = sinks.filter((sink) => sink.audience === audience);
      expect(crowd).toHaveLength(333);
      for (const index of [0, ...Array.from({ length: events }, (_, event) => event + 2)]) {
        const shared = new Set(crowd.map(({ frames }) => frames[index]));
        expect(shared.size).toBe(1);
        expect([...shared][0]?.frame.kind).toBe(index === 0 ? "snapshot" : "events");
      }
      expect(crowd[0]?.frames).toHaveLength(events + 2);
      expectNoSecrets(audience, [JSON.stringify(crowd[0]?.frames.map(({ frame }) => frame))]);
    }
    expect(new Set(sinks.map(({ frames }) => frames.at(-1))).size).toBe(3);
  });
});

describe("Nothing that is not for an audience is in any byte that is sent to it:", () => {
  test.each(audiences)("%s, whatever is asked over a WebSocket", async (audience) => {
    await using world = await startVault();
    const { app } = world;
    await world.fill(1, 5);
    const name = `${people[audience]}-1`;
    const texts: string[] = [];
    const positions: string[] = [];
    // A snapshot, then events, then from each position on, also one that was cut for another audience.
    for (const who of [...audiences.map((other) => `${people[other]}-9`), name]) {
      await using socket = await openRawSocket(app, who);
      socket.ask(
        1,
        "subscription",
        "realtime.vault.watch",
        JSON.stringify({ vaultId, presence: { at: "door" }, clientId: who }),
      );
      const opening = await socket.texts.first((text) => text.includes('"snapshot"'));
      positions.push(/"id":"([^"]+:\d+:\w+)"/.exec(opening)?.[1] ?? "");
      if (who === name) {
        await world.fill(6, 9);
        await socket.texts.first((text) => /"kind":"events".*"to":9,/.test(text));
        texts.push(...socket.texts.items);
      }
    }
    expect(new Set(positions.map((position) => position.split(":")[2]))).toEqual(new Set(audiences));
    await using socket = await openRawSocket(app, name);
    let id = 10;
    const ask = async (method: string, path: string, json: string) => {
      id += 1;
      socket.ask(id, method, `realtime.vault.${path}`, json);
      return await socket.texts.first((text) => text.startsWith(`{"id":${id},`) && !text.includes('"started"'));
    };
    for (const lastEventId of positions) {
      const opening = await ask("subscription", "watch", JSON.stringify({ vaultId, lastEventId }));
      const own = lastEventId.endsWith(`:${audience}`);
      expect(opening).toContain(own ? '"kind":"resumed","replayed":4' : '"kind":"snapshot","reason":"audience"');
    }
    expect(await ask("mutation", "put", JSON.stringify({ vaultId, n: 10 }))).toContain('"ok":true');
    expect(await ask("mutation", "put", JSON.stringify({ vaultId, n: -1 }))).toContain('"reason":"FULL"');
    expect(await ask("mutation", "put", JSON.stringify({ vaultId, n: "x" }))).toContain("BAD_REQUEST");
    expect(await ask("mutation", "hint", JSON.stringify({ vaultId, n: 1 }))).toContain("NOT_FOUND");
    expect(await ask("mutation", "fail", input)).toContain("INTERNAL_SERVER_ERROR");
    expect(await ask("mutation", "failInState", input)).toContain("INTERNAL_SERVER_ERROR");
    expect(await ask("query", "broken", "{}")).toContain("INTERNAL_SERVER_ERROR");
    expect(await ask("query", "history", input)).toContain('"type":"put"');
    expect(await ask("query", "state", input)).toContain('"count":');
    expect(await ask("subscription", "watch", JSON.stringify({ vaultId, lastEventId: "x" }))).toContain("BAD_REQUEST");
    expect(await ask("mutation", "presence", JSON.stringify({ vaultId, clientId: name, state: { at: 5 } }))).toContain(
      "BAD_REQUEST",
    );
    texts.push(...socket.texts.items);
    expect(texts.length).toBeGreaterThan(20);
    expectNoSecrets(audience, texts);
    expect(texts.join()).toContain(markers.everyone);
    // What is for nobody is there to be found: in what the server logged of its faults.
    expect(app.logged.items.map(({ fields }) => JSON.stringify(fields.error)).join()).toContain(markers.nobody);
  });

  test.each(audiences)("%s, over HTTP and SSE", async (audience) => {
    await using world = await startVault();
    const { app } = world;
    await world.fill(1, 5);
    await using http = connectByHttp(app, `${people[audience]}-1`);
    const { frames, stop } = followUntyped(http, "realtime.vault.watch", { vaultId });
    await frames.count(2);
    await world.fill(6, 9);
    await frames.count(6);
    app.cut();
    await world.fill(10, 12);
    await frames.first((frame) => JSON.stringify(frame).includes('"to":12'));
    stop();
    const { untyped } = http;
    const answers = [
      untyped.query("realtime.vault.history", { vaultId }),
      untyped.query("realtime.vault.state", { vaultId }),
      untyped.mutation("realtime.vault.put", { vaultId, n: 13 }),
      untyped.mutation("realtime.vault.put", { vaultId, n: -1 }),
      untyped.mutation("realtime.vault.fail", { vaultId }),
      untyped.query("realtime.vault.broken"),
    ];
    const settled = await Promise.allSettled(answers);
    expect(settled.map(({ status }) => status)).toEqual([...Array(4).fill("fulfilled"), "rejected", "rejected"]);
    expect(http.texts.join()).toContain(markers.everyone);
    expectNoSecrets(audience, [...http.texts, http.texts.join("")]);
  });
});

describe("One whose audience changed", () => {
  test("starts from a snapshot when they come back, and is shown nothing of the other one's", async () => {
    await using world = await startVault();
    await world.fill(1, 4);
    expect(audienceOfUser({ id: "staff-1" })).toBe("staff");
    const texts: string[] = [];
    let lastEventId: string | undefined;
    for (const who of ["staff-1", "buyer-1", "guest-1", "buyer-1"]) {
      await using socket = await openRawSocket(world.app, who);
      socket.ask(1, "subscription", "realtime.vault.watch", JSON.stringify({ vaultId, lastEventId }));
      const opening = await socket.texts.first((text) => text.includes('"kind":'));
      expect(opening).toContain(`"kind":"snapshot","reason":"${lastEventId ? "audience" : "initial"}"`);
      lastEventId = /"id":"([^"]+:\d+:\w+)"/.exec(opening)?.[1];
      if (who === "guest-1") texts.push(...socket.texts.items);
      if (who === "buyer-1") expectNoSecrets("buyers", socket.texts.items);
    }
    expectNoSecrets("public", texts);
    expect(texts.join()).toContain(markers.everyone);
  });
});
