import { createMemoryStore, createSqliteStore, system } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { shared } from "../support/nodes.ts";
import { hasPostgres, openDatabase } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";
import { eventually } from "../support/recorder.ts";
import { archive, board } from "./board.ts";
import { type Boards, createBoards } from "./board-app.ts";
import { effectsRun, filesWith, tablesWith } from "./search.ts";

const home = { boardId: "home" };
const attic = { boardId: "attic" };
const text = "what Ann said and took back";

const handle = ({ realtime }: Boards, params = home) => realtime.topic(board, params).as(system);

/** What an epoch looks like to who watches. */
const anew = { frame: { kind: "snapshot", reason: "epoch" } };

describe("A topic that is erased", () => {
  test("leaves its params in the store, and begins anew", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }), snapshotEvery: 1 });
    const ann = boards.as("ann").board;
    await ann.post({ ...home, text, commandId: "c1" });
    await ann.post({ ...attic, text: "kept" });
    await handle(boards).erase();
    await boards.realtime.sweep();
    expect(await tablesWith({ sqlite: path }, text)).toEqual([]);
    expect(await filesWith(path, text)).toEqual([]);
    expect(await handle(boards).state()).toEqual(board.initial(home));
    expect(await handle(boards).history({ limit: 9 })).toEqual([]);
    expect(await ann.texts()).toEqual(["kept"]);
    expect(await ann.post({ ...home, text: "anew", commandId: "c1" })).toMatchObject({ ok: true, offset: 1 });
    expect(await ann.texts()).toEqual(["kept", "anew"]);
  });

  test("is not to be erased by a user", async () => {
    await using boards = createBoards();
    await boards.as("ann").board.post({ ...home, text });
    const asUser = boards.realtime.topic(board, home).as({ id: "ann" }) as unknown as { erase(): Promise<void> };
    await expect(asUser.erase()).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect((await handle(boards).state()).posts).toHaveLength(1);
  });

  test("is shown anew to who watches it, comes back to it, or reads slowly", async () => {
    await using boards = createBoards();
    const ann = boards.as("ann").board;
    await ann.post({ ...home, text: "first" });
    const quick = readAll(await ann.watch(home));
    await quick.frames.count(1);
    const slow = (await ann.watch(home))[Symbol.asyncIterator]();
    await slow.next();
    const { position } = await handle(boards).snapshot();
    await ann.post({ ...home, text });
    await handle(boards).erase();
    expect(
      await quick.frames.first(({ frame }) => frame.kind === "snapshot" && frame.reason === "epoch"),
    ).toMatchObject({
      position: { offset: 0 },
    });
    const { value } = await slow.next();
    expect(JSON.stringify(value)).not.toContain(text);
    expect(JSON.stringify(value)).toContain('"reason":"epoch"');
    await ann.post({ ...home, text: "anew" });
    const back = readAll(await ann.watch({ ...home, lastEventId: position }));
    expect((await back.frames.count(1))[0]).toMatchObject({ ...anew, position: { offset: 1 } });
  });

  test("has effects as it had them before, once each", async () => {
    await using boards = createBoards();
    const counted = (count: number) => async () =>
      (await boards.realtime.topic(archive, {}).as(system).state()).count === count;
    for (const count of [1, 2, 3]) {
      await boards.as("ann").board.post({ ...home, text });
      await eventually(counted(count), `the effect of post ${count} was run`);
      await handle(boards).erase();
    }
  });

  test("is decided on as it is then, whatever is under way", async () => {
    await using boards = createBoards();
    const ann = boards.as("ann").board;
    const seen = readAll(await ann.watch(home));
    await seen.frames.count(1);
    for (let round = 0; round < 20; round += 1) {
      const posts = [1, 2, 3].map((count) => ann.post({ ...home, text: `${round} ${count}` }));
      await Promise.all([...posts.slice(0, round % 4), handle(boards).erase(), ...posts.slice(round % 4)]);
      const { posts: state } = await handle(boards).state();
      expect(state.map(({ offset }) => offset)).toEqual(state.map((_, index) => index + 1));
      expect(await ann.texts()).toEqual(state.map((one) => one.text));
      const { offset, position } = await handle(boards).snapshot();
      expect(offset).toBe(state.length);
      await eventually(() => idOf(seen.frames.items.at(-1)) === position, "who watches is where the topic is");
    }
  });
});

describe("Another node", () => {
  test("shows it anew by its next look, when nobody tells it", async () => {
    await using store = disposable(createMemoryStore());
    await using a = createBoards({ store: shared(store.store), lookMs: 20 });
    await using b = createBoards({ store: shared(store.store), lookMs: 20 });
    await followsTo(a, b);
  });

  test.skipIf(!hasPostgres)(
    "on one Postgres shows it anew, and goes on from there",
    async () => {
      await using database = await openDatabase();
      const node = () =>
        createBoards({ store: createPostgresStore({ connectionString: database.url, logger: quiet }), lookMs: 50 });
      await using a = node();
      await using b = node();
      await followsTo(a, b);
      await effectsRun(a.store);
      expect(await tablesWith({ postgres: database.url, schema: "shoal" }, text)).toEqual([]);
    },
    60_000,
  );
});

/** A topic that both hold is erased and redacted by the one, and the other one follows. */
async function followsTo(a: Boards, b: Boards): Promise<void> {
  await a.as("ann").board.post({ ...home, text: "first" });
  const seen = readAll(await b.as("ben").board.watch(home));
  await seen.frames.count(1);
  await a.as("ann").board.post({ ...home, text });
  await seen.frames.first(({ position }) => position.offset === 2);
  await handle(a).erase();
  await seen.frames.first(({ frame }) => frame.kind === "snapshot" && frame.reason === "epoch");
  expect(await b.as("ben").board.post({ ...home, text: "anew" })).toMatchObject({ offset: 1 });
  const said = async () => (await handle(a).state()).posts.map((post) => post.text).join();
  await eventually(async () => (await said()) === "anew", "the first node has what was said anew");
  await handle(b).erase();
  await b.as("ben").board.post({ ...home, text });
  await b.as("ben").board.remove({ ...home, offsets: [1] });
  expect(await a.as("ann").board.post({ ...home, text: "third" })).toMatchObject({ offset: 3 });
  expect(await said()).toBe("third");
}

function idOf(received: { position: { epoch: string; offset: number; audience: string } } | undefined) {
  const { epoch, offset, audience } = received?.position ?? { epoch: "", offset: 0, audience: "" };
  return `${epoch}:${offset}:${audience === "all" ? "system" : audience}`;
}

function disposable(store: ReturnType<typeof createMemoryStore>) {
  return { store, [Symbol.asyncDispose]: () => store.close() };
}
