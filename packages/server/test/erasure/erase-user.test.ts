import { createMemoryStore, createSqliteStore, initRealtime, system } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { varied } from "../support/nodes.ts";
import { hasPostgres, openDatabase } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";
import { servedTally1, tally1 } from "../versions/tally-1.ts";
import { board } from "./board.ts";
import { type Boards, createBoards } from "./board-app.ts";
import { effectsRun, filesWith, tablesWith } from "./search.ts";

const home = { boardId: "home" };
const attic = { boardId: "attic" };
const text = "what the user said";

const handle = ({ realtime }: Boards, params = home) => realtime.topic(board, params).as(system);

/** Ada posts on two boards, and Ben answers her. */
async function talk(boards: Boards): Promise<void> {
  await boards.as("ada-1815").board.post({ ...home, text, commandId: "c1" });
  await boards.as("ben").board.post({ ...home, text: "an answer" });
  await boards.as("ada-1815").board.post({ ...attic, text, commandId: "c1" });
}

describe("A user who is erased", () => {
  test("is found in no table and in no byte, and what others said is kept", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }), snapshotEvery: 1 });
    await talk(boards);
    const seen = readAll(await boards.as("ben").board.watch(home));
    await seen.frames.count(1);
    expect(await boards.realtime.eraseUser("ada-1815")).toEqual({ topics: 2, events: 2, unhandled: [] });
    await effectsRun(boards.store);
    await boards.realtime.sweep();
    for (const lost of [text, "ada-1815"]) {
      expect(await tablesWith({ sqlite: path }, lost)).toEqual([]);
      expect(await filesWith(path, lost)).toEqual([]);
    }
    expect((await handle(boards).state()).posts).toEqual([{ offset: 2, by: "ben", text: "an answer" }]);
    expect(await boards.as("ben").board.texts()).toEqual(["an answer"]);
    expect(seen.frames.items.map(({ frame }) => frame.kind)).toEqual(["snapshot", "events"]);
    expect(await boards.realtime.eraseUser("ada-1815")).toEqual({ topics: 0, events: 0, unhandled: [] });
  });

  test("is taken out of the log of a channel without eraseUser, which is told as one that may still hold the user", async () => {
    await using boards = createBoards({ erasesUsers: false });
    await talk(boards);
    const seen = readAll(await boards.as("ben").board.watch(home));
    const [first] = await seen.frames.count(1);
    const report = await boards.realtime.eraseUser("ada-1815");
    expect(report).toMatchObject({ topics: 2, events: 2 });
    expect(report.unhandled).toEqual([
      { channel: "board", params: home, tenant: null },
      { channel: "board", params: attic, tenant: null },
    ]);
    expect(await seen.frames.first(({ frame }) => frame.kind === "snapshot" && frame.reason === "epoch")).toMatchObject(
      {
        position: { offset: 2 },
      },
    );
    expect((await handle(boards).history({ limit: 9 })).map(({ offset }) => offset)).toEqual([2]);
    expect(await boards.as("ben").board.post({ ...home, text: "more" })).toMatchObject({ offset: 3 });
    const { epoch = "", offset = 0 } = first?.position ?? {};
    const back = readAll(await boards.as("ben").board.watch({ ...home, lastEventId: `${epoch}:${offset}:all` }));
    expect((await back.frames.count(1))[0]?.frame).toMatchObject({ kind: "snapshot", reason: "epoch", offset: 3 });
    expect(await boards.as("ben").board.texts()).toEqual(["an answer", "more"]);
    expect(await boards.realtime.eraseUser("ada-1815")).toMatchObject({ events: 0 });
  });

  test("is told of to whoever writes the tables, also when several are erased at once", async () => {
    await using boards = createBoards();
    await talk(boards);
    await Promise.all([boards.realtime.eraseUser("ada-1815"), boards.realtime.eraseUser("ben")]);
    expect(boards.erased.toSorted()).toEqual(["ada-1815", "ada-1815", "ben"]);
    expect(await boards.as("cleo").board.texts()).toEqual([]);
  });

  test("is one of a tenant, and others of that name stay", async () => {
    await using boards = createBoards();
    await talk(boards);
    await boards.as("ada-1815@acme").board.post({ ...home, text });
    expect(await boards.realtime.eraseUser("ada-1815", { tenant: "acme" })).toMatchObject({ topics: 1, events: 1 });
    expect((await handle(boards).state()).posts).toHaveLength(2);
    const acme = boards.realtime.topic(board, home, { tenant: "acme" }).as(system);
    expect((await acme.state()).posts).toEqual([]);
    expect(await boards.as("ada-1815").board.post({ ...home, text, commandId: "c1" })).toMatchObject({ offset: 1 });
  });

  test("is found again in a topic that was given another epoch meanwhile, and counted once", async () => {
    const store = createMemoryStore();
    let meanwhile = async (): Promise<unknown> => undefined;
    const racing = varied(store, {
      async findUser(user, after) {
        const found = await store.findUser(user, after);
        const run = meanwhile;
        meanwhile = async () => undefined;
        await run();
        return found;
      },
    });
    await using boards = createBoards({ erasesUsers: false, store: racing });
    await talk(boards);
    meanwhile = () => boards.realtime.eraseUser("ben");
    const report = await boards.realtime.eraseUser("ada-1815");
    expect(report).toMatchObject({ topics: 2, events: 2 });
    expect(report.unhandled).toHaveLength(2);
    expect(await handle(boards).history({ limit: 9 })).toEqual([]);
  });

  test("is told to be still in what a channel kept before it was durable no more", async () => {
    await using folder = await temporaryFolder();
    const store = () => createSqliteStore({ path: folder.file("shoal.db") });
    const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => null });
    const first = createRealtime({ channels: [servedTally1], store: store(), logger: quiet });
    await first.topic(tally1, { tallyId: "home" }).as({ id: "ada-1815" }).send.add({ by: 1 });
    await first.close();
    const moved = { ...servedTally1, options: { ...servedTally1.options, durable: false } };
    const second = createRealtime({ channels: [moved], store: store(), logger: quiet });
    expect(await second.eraseUser("ada-1815")).toEqual({
      topics: 1,
      events: 0,
      unhandled: [{ channel: "tally", params: { tallyId: "home" }, tenant: null }],
    });
    await second.close();
  });

  test.skipIf(!hasPostgres)(
    "is found in no table of Postgres, and by no other node",
    async () => {
      await using database = await openDatabase();
      const node = () =>
        createBoards({ store: createPostgresStore({ connectionString: database.url, logger: quiet }), lookMs: 50 });
      await using a = node();
      await using b = node();
      await talk(a);
      const seen = readAll(await b.as("ben").board.watch(home));
      await seen.frames.count(1);
      expect(await a.realtime.eraseUser("ada-1815")).toEqual({ topics: 2, events: 2, unhandled: [] });
      await seen.frames.first(({ position }) => position.offset === 3);
      expect((await handle(b).state()).posts.map(({ by }) => by)).toEqual(["ben"]);
      await effectsRun(a.store);
      for (const lost of [text, "ada-1815"]) {
        expect(await tablesWith({ postgres: database.url, schema: "shoal" }, lost)).toEqual([]);
      }
    },
    60_000,
  );
});
