import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { apart } from "../durability/apart.ts";
import { dieAt } from "../durability/die-at.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";
import { createNode } from "./deliveries-node.ts";

const program = new URL("./deliveries-process.ts", import.meta.url);

/** How long it may take until what is left is done, in milliseconds. */
const patience = 20_000;

/** A provider of e-mail, with what it was asked for. Instead of an answer it can kill who asks. */
async function openProvider() {
  const asked: string[] = [];
  const answer = { kills: false };
  const server = createServer(async (request, response) => {
    const { id, from } = (await json(request)) as { id: string; from: number };
    asked.push(id);
    if (answer.kills) process.kill(from, "SIGKILL");
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    answer,
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What is stored of the inbox and its deliveries, when nobody runs anything. */
async function stored(at: StoreAt) {
  const store = openAt(at);
  await store.open();
  try {
    const topics = [
      topicRef("notifications", null, { userId: "ann" }),
      topicRef("notificationDeliveries", null, { userId: "ann", via: "email" }),
    ];
    const logs = await Promise.all(topics.map((topic) => store.read(topic, 1, Number.MAX_SAFE_INTEGER)));
    return logs.map((log) => log.map(({ type }) => type));
  } finally {
    await store.close();
  }
}

async function liveAndDie(at: StoreAt, failpoint: string, provider: string): Promise<void> {
  const [sent] = await stored(at);
  await dieAt(failpoint, program, at, JSON.stringify({ provider, isSent: sent?.length !== 0 }));
}

/** A server that lives runs what is left. */
async function finish(at: StoreAt, provider: string): Promise<void> {
  const store = openAt(at);
  await using node = createNode(store, provider);
  await node.realtime.open();
  await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left", patience);
}

const done = [["arrived"], ["queued", "attempted"]];

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a delivery`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    const [undone, after, unpublished] = ["before-commit", "after-commit", "before-publish"];
    test.each([
      // Each life but those that die undone commits one thing: the notification, its place in the queue, what became of it.
      { lives: [undone, after, undone, after, undone, after], leaves: done, calls: 2 },
      { lives: [unpublished, unpublished, undone, undone], leaves: [["arrived"], ["queued"]], calls: 3 },
    ])(
      "is made, with one id, and not again once it is recorded, though servers die $lives",
      async ({ lives, leaves, calls }) => {
        const at = await apart(places.next());
        await using provider = await openProvider();
        for (const failpoint of lives) await liveAndDie(at, failpoint, provider.url);
        expect(await stored(at)).toEqual(leaves);
        await finish(at, provider.url);
        expect(await stored(at)).toEqual(done);
        expect(provider.asked).toHaveLength(calls);
        expect(new Set(provider.asked).size).toBe(1);
        await finish(at, provider.url);
        expect(provider.asked).toHaveLength(calls);
      },
      90_000,
    );

    test("is made though the server is killed while the provider thinks", async () => {
      const at = await apart(places.next());
      await using provider = await openProvider();
      provider.answer.kills = true;
      await liveAndDie(at, "nowhere", provider.url);
      provider.answer.kills = false;
      await finish(at, provider.url);
      expect(await stored(at)).toEqual(done);
      expect(provider.asked).toHaveLength(2);
      expect(new Set(provider.asked).size).toBe(1);
    }, 90_000);
  });
}
