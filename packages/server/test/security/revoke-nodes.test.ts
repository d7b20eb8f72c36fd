import { createMemoryStore, type Store } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { describe, expect, test } from "vitest";
import { shared, varied } from "../support/nodes.ts";
import { hasPostgresServer, startPostgres } from "../support/postgres.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { board, createBoard, startBoard } from "./support/board-app.ts";
import { watching } from "./support/watching.ts";

const home = { boardId: "home" };
const attic = { boardId: "attic" };
const ann = { id: "ann" };
const ben = { id: "ben" };

/** A node of its own with a client of Ann and one of Ben, who watch two boards. */
async function startNode(store: Store, options: { readonly lookMs?: number } = {}) {
  const app = await startBoard({ store, ...options });
  app.sessions.set("ann", { user: ann }).set("ben", { user: ben });
  const clients = { ann: await app.open("ann"), ben: await app.open("ben") };
  for (const client of Object.values(clients)) {
    client.watch(1, "home");
    client.watch(2, "attic");
    for (const id of [1, 2]) await client.frame(id, "snapshot");
  }
  return { ...app, clients };
}

describe("Another node on the same store", () => {
  test("hears of a revocation with its next look, once, and ends what it is about and nothing else", async () => {
    const store = createMemoryStore();
    let looks = 0;
    const counted = varied(shared(store), {
      look(...given: Parameters<typeof store.look>) {
        looks += 1;
        return store.look(...given);
      },
    });
    await using a = createBoard({ store: shared(store) });
    await using b = await startNode(counted, { lookMs: 10 });
    await a.realtime.revoke({ userId: "ann", channel: board, params: home });
    await b.clients.ann.error(1);
    await b.as(ben).say({ ...attic, line: "hello" });
    await b.clients.ann.frame(2, "events");
    b.clients.ann.watch(3, "home");
    await b.clients.ann.frame(3, "snapshot");
    const before = looks;
    await eventually(() => looks > before + 3, "it has looked again");
    await b.as(ben).say({ ...home, line: "hello" });
    for (const [client, id] of [
      [b.clients.ann, 3],
      [b.clients.ben, 1],
    ] as const)
      await client.frame(id, "events");
    await a.realtime.revoke({ userId: "ann" });
    expect(await b.clients.ann.closed.count(1)).toEqual([4003]);
    expect(b.clients.ben.closed.items).toEqual([]);
    await store.close();
  });

  test("is not bothered by what was revoked before it began", async () => {
    const store = createMemoryStore();
    await using a = createBoard({ store: shared(store) });
    await a.realtime.revoke({ userId: "ann" });
    await using b = createBoard({ store: shared(store), lookMs: 10 });
    const watch = watching(b, ann, home);
    await watch.frames.count(1);
    await a.realtime.revoke({ userId: "ben" });
    await b.as(ben).say({ ...home, line: "hello" });
    await watch.frames.first(({ kind }) => kind === "events");
    expect(watch.errors.items).toEqual([]);
    await store.close();
  });

  test("hears late of what was revoked while it could not look, and then of everything", async () => {
    const store = createMemoryStore();
    let isAway = false;
    const fragile = varied(shared(store), {
      look(...given: Parameters<typeof store.look>) {
        if (isAway) throw new Error("the store is away");
        return store.look(...given);
      },
    });
    await using a = createBoard({ store: shared(store) });
    await using b = createBoard({ store: fragile, lookMs: 10 });
    const watches = [watching(b, ann, home), watching(b, ben, home)];
    for (const { frames } of watches) await frames.count(1);
    isAway = true;
    await b.logged.first(({ message }) => message.includes("cannot be looked at"));
    for (const userId of ["ann", "ben"]) await a.realtime.revoke({ userId });
    isAway = false;
    for (const { errors } of watches) expect(await errors.count(1)).toMatchObject([{ code: "FORBIDDEN" }]);
    await store.close();
  });

  test("forgets revocations after an hour", async () => {
    let now = Date.now();
    const store = createMemoryStore({ now: () => now });
    await using app = createBoard({ store });
    await app.realtime.revoke({ userId: "ann" });
    const count = async () => (await store.sql.query("SELECT count(*) AS count FROM revocations", [])).rows[0]?.count;
    await app.realtime.sweep();
    expect(await count()).toBe(1);
    now += 60 * 60 * 1_000 + 1;
    await app.realtime.topic(board, home).as(ann).state();
    await eventually(async () => {
      await app.realtime.sweep();
      return (await count()) === 0;
    }, "it is forgotten");
  });
});

describe.skipIf(!hasPostgresServer)("Another node on the same Postgres", { timeout: 60_000 }, () => {
  test("ends what was revoked within two seconds, and hands nothing to the socket afterwards", async () => {
    await using server = await startPostgres();
    const storeOf = () => createPostgresStore({ connectionString: server.url, logger: { warn: () => {} } });
    await using a = createBoard({ store: storeOf() });
    await using b = await startNode(storeOf());
    await a.as(ben).say({ ...home, line: "before" });
    await a.realtime.revoke({ userId: "ann", channel: board, params: home });
    await inTime(b.clients.ann.error(1), "the end on the other node", 2_000);
    await a.as(ben).say({ ...home, line: "ann must not hear this" });
    await b.clients.ben.texts.first((text) => text.includes("ann must not hear this"));
    await a.realtime.revoke({ userId: "ann" });
    expect(await inTime(b.clients.ann.closed.count(1), "the close on the other node", 2_000)).toEqual([4003]);
    expect(b.clients.ann.texts.items.join()).not.toContain("must not hear");
    expect(b.clients.ben.closed.items).toEqual([]);
  });
});
