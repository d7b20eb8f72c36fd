import { historyLimits, roomWindow } from "@shoal/contract/rooms";
import { createMemoryStore, initRealtime, type User } from "@shoal/server";
import { serveRooms } from "@shoal/server/rooms";
import { initTRPC } from "@trpc/server";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createApp, userOf } from "../support/app.ts";
import { quiet } from "../support/quiet.ts";
import { tries } from "../support/seed.ts";

const lobby = { roomId: "lobby" };

describe("A room", () => {
  test("shows a message with its author, its text as trimmed and its time", async () => {
    let time = 5_000;
    await using app = createApp({ store: createMemoryStore({ now: () => time++ }) });
    await app.as("ann").rooms.post({ ...lobby, text: "  hello  ", commandId: "c1" });
    const { items } = await app.as("ben").rooms.history(lobby);
    expect(items).toEqual([{ id: "c1", author: { id: "ann", name: "ANN" }, text: "hello", at: expect.any(Number) }]);
  });

  test("names an author by the id who has no name", async () => {
    const t = initTRPC.create();
    const { createRealtime } = initRealtime({ t, user: (): User => ({ id: "ann" }) });
    const { router, close } = createRealtime({ channels: [serveRooms()], store: createMemoryStore(), logger: quiet });
    const { rooms } = router.createCaller({});
    await rooms.post({ ...lobby, text: "hello" });
    expect((await rooms.history(lobby)).items[0]?.author).toEqual({ id: "ann", name: "ann" });
    await close();
  });

  test("takes no two messages of one id, though they come from two people", async () => {
    await using app = createApp();
    await app.as("ann").rooms.post({ ...lobby, text: "hello", commandId: "c1" });
    const again = app.as("ben").rooms.post({ ...lobby, text: "hello", commandId: "c1" });
    await expect(again).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await app.as("ann").rooms.history(lobby)).items).toHaveLength(1);
  });

  test("lets in whom its application says", async () => {
    const t = initTRPC.context<{ user: User | null }>().create();
    const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
    const rooms = serveRooms<User | null, { user: User | null }>({
      authorize: ({ user, params, action }) => user?.id === "ann" || (params.roomId === "open" && action === "watch"),
    });
    const { router, close } = createRealtime({ channels: [rooms], store: createMemoryStore(), logger: quiet });
    const as = (token: string | null) => router.createCaller({ user: userOf(token) }).rooms;
    expect(await as("ann").post({ ...lobby, text: "hello" })).toMatchObject({ ok: true });
    await expect(as("ben").post({ roomId: "open", text: "hello" })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as("ben").watch(lobby)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as("ben").history(lobby)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(as(null).watch(lobby)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    expect(await as("ben").history({ roomId: "open" })).toEqual({ items: [], nextCursor: null });
    expect(await as(null).watch({ roomId: "open" })).toBeDefined();
    await close();
  });
});

describe("The history of a room", () => {
  test("is read from the newest message to the first, page by page, each once, while others post", async () => {
    const page = fc.record({ count: fc.nat(12), limit: fc.integer({ min: 1, max: 5 }), meanwhile: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(page, async ({ count, limit, meanwhile }) => {
        await using app = createApp();
        const { post, history } = app.as("ann").rooms;
        const texts = Array.from({ length: count }, (_, index) => `message ${index + 1}`);
        for (const text of texts) await post({ ...lobby, text });
        const read: string[] = [];
        let cursor: number | null | undefined;
        while (cursor !== null) {
          const { items, nextCursor } = await history({ ...lobby, limit, ...(cursor !== undefined && { cursor }) });
          expect(items.length).toBeLessThanOrEqual(limit);
          read.push(...items.map(({ text }) => text));
          cursor = nextCursor;
          for (let index = 0; index < meanwhile; index += 1) await post({ ...lobby, text: "meanwhile" });
        }
        expect(read).toEqual(texts.toReversed());
      }),
      tries(40),
    );
  });

  test("goes on where the state ends", async () => {
    await using app = createApp();
    const { post, history } = app.as("ann").rooms;
    for (let index = 1; index <= roomWindow + 5; index += 1) await post({ ...lobby, text: `message ${index}` });
    const { items, nextCursor } = await history({ ...lobby, cursor: 6, limit: 3 });
    expect(items.map(({ text }) => text)).toEqual(["message 5", "message 4", "message 3"]);
    expect(nextCursor).toBe(3);
    expect((await history(lobby)).items).toHaveLength(historyLimits.usual);
    expect(await history({ ...lobby, cursor: 1 })).toEqual({ items: [], nextCursor: null });
    expect((await history({ ...lobby, cursor: 1_000_000, limit: 1 })).items[0]?.text).toBe(`message ${roomWindow + 5}`);
  });
});
