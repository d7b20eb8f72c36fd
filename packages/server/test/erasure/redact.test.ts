import { formatPosition } from "@shoal/contract";
import { createSqliteStore, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { Reader, readAll } from "../support/reader.ts";
import { eventually } from "../support/recorder.ts";
import { archive, board } from "./board.ts";
import { type Boards, createBoards } from "./board-app.ts";
import { effectsRun, filesWith, tablesWith } from "./search.ts";

const home = { boardId: "home" };
const text = "what Ann said and took back";

const handle = ({ realtime }: Boards) => realtime.topic(board, home).as(system);

/** Three posts, of which the second one is redacted by the event 4. */
async function postAndRemove(boards: Boards): Promise<void> {
  const ann = boards.as("ann").board;
  await ann.post({ ...home, text: "first", commandId: "c1" });
  await ann.post({ ...home, text, commandId: "c2" });
  await ann.post({ ...home, text: "third", commandId: "c3" });
  await ann.remove({ ...home, offsets: [2], commandId: "c4" });
}

describe("An event that is redacted", () => {
  test("is in no table, result, state or history, and its place is kept", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }) });
    await postAndRemove(boards);
    await effectsRun(boards.store);
    expect(await tablesWith({ sqlite: path }, text)).toEqual([]);
    expect(await tablesWith({ sqlite: path }, "third")).toContain("events");
    const history = await handle(boards).history({ limit: 10 });
    expect(history.map(({ offset, type }) => [offset, type])).toEqual([
      [4, "removed"],
      [3, "posted"],
      [1, "posted"],
    ]);
    expect(await boards.as("ann").board.texts()).toEqual(["first", "third"]);
    expect(await boards.as("ann").board.post({ ...home, text: "fourth" })).toMatchObject({ offset: 5 });
  });

  test("was made by a command that still has one effect, and is answered without its result", async () => {
    await using boards = createBoards();
    await postAndRemove(boards);
    const { board: ann } = boards.as("ann");
    expect(await ann.post({ ...home, text, commandId: "c2" })).toStrictEqual({ ok: true, offset: 2 });
    expect(await ann.post({ ...home, text: "third", commandId: "c3" })).toMatchObject({ result: { said: "third" } });
    await expect(ann.post({ ...home, text: "another", commandId: "c2" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await handle(boards).history({ limit: 10 })).toHaveLength(3);
  });

  test("leaves a parked effect no more than an armed one, which is run", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }) });
    const ann = boards.as("ann").board;
    await ann.post({ ...home, text: `refuse ${text}` });
    await boards.logged.first(({ message }) => message === "an effect was rejected and is parked");
    await ann.post({ ...home, text });
    const counted = async () => (await boards.realtime.topic(archive, {}).as(system).state()).count === 1;
    await eventually(counted, "the effect was run");
    await effectsRun(boards.store);
    expect(await tablesWith({ sqlite: path }, text)).toContain("effects");
    await ann.remove({ ...home, offsets: [1, 2] });
    expect(await tablesWith({ sqlite: path }, text)).toEqual([]);
  });

  test("is in no byte of the SQLite file once the server has swept it", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }), snapshotEvery: 2 });
    const long = `${text} `.repeat(2_000);
    await boards.as("ann").board.post({ ...home, text: long });
    for (let count = 0; count < 10; count += 1) await boards.as("ann").board.post({ ...home, text: `post ${count}` });
    await boards.realtime.sweep();
    expect(await filesWith(path, text)).not.toEqual([]);
    await boards.as("ann").board.remove({ ...home, offsets: [1] });
    await effectsRun(boards.store);
    await boards.realtime.sweep();
    expect(await filesWith(path, text)).toEqual([]);
  });

  test("may have been said by the same group of commands", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using boards = createBoards({ store: createSqliteStore({ path }) });
    await handle(boards).state();
    const seen = readAll(await boards.as("ann").board.watch(home));
    await seen.frames.count(1);
    const ann = boards.as("ann").board;
    await Promise.all([ann.post({ ...home, text, commandId: "c1" }), ann.remove({ ...home, offsets: [1] })]);
    await seen.frames.first(({ position }) => position.offset === 2);
    expect(JSON.stringify(seen.frames.items)).not.toContain(text);
    expect(seen.frames.items.at(-1)?.frame).toMatchObject({ kind: "snapshot", reason: "expired" });
    await effectsRun(boards.store);
    expect(await tablesWith({ sqlite: path }, text)).toEqual([]);
    expect(await ann.texts()).toEqual([]);
  });

  test("stays when the command fails after it was redacted, whatever is decided with it", async () => {
    await using boards = createBoards();
    const ann = boards.as("ann").board;
    await ann.post({ ...home, text, commandId: "c1" });
    const failing = handle(boards).send.remove({ offsets: [1, 1] });
    await Promise.all([expect(failing).rejects.toThrow("one is named twice"), ann.post({ ...home, text: "second" })]);
    expect((await handle(boards).history({ limit: 9 })).map(({ offset }) => offset)).toEqual([2, 1]);
    expect(await ann.post({ ...home, text, commandId: "c1" })).toMatchObject({ offset: 1, result: { said: text } });
  });

  test("is redacted once, and again without harm", async () => {
    await using boards = createBoards();
    await postAndRemove(boards);
    expect(await boards.as("ann").board.remove({ ...home, offsets: [2, 4] })).toMatchObject({ ok: true, offset: 5 });
    expect((await handle(boards).history({ limit: 10 })).map(({ offset }) => offset)).toEqual([5, 3, 1]);
  });

  test("is refused as a fault when there is no such event yet, or nothing is emitted, and nothing is done", async () => {
    await using boards = createBoards();
    const ann = boards.as("ann").board;
    await ann.post({ ...home, text });
    for (const offset of [0, -1, 2, 1.5]) {
      await expect(handle(boards).send.remove({ offsets: [offset] })).rejects.toThrow(/redacts event/);
    }
    await expect(handle(boards).send.removeQuietly({ offset: 1 })).rejects.toThrow(/redacts and emits nothing/);
    await expect(ann.remove({ ...home, offsets: [2] })).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect((await handle(boards).state()).posts).toHaveLength(1);
    expect(await handle(boards).history({ limit: 9 })).toHaveLength(1);
  });
});

describe("Who comes back to a topic", () => {
  test.each([1_000, 0])(
    "gets a snapshot in place of a replay with a redacted event in it, with a ring of %i",
    async (ring) => {
      await using boards = createBoards({ ring });
      await postAndRemove(boards);
      const { position } = await handle(boards).snapshot();
      const [epoch = ""] = position.split(":");
      const at = (offset: number) => formatPosition({ epoch, offset, audience: "all" });
      const opening = async (offset: number) => {
        const seen = readAll(await boards.as("ann").board.watch({ ...home, lastEventId: at(offset) }));
        const [first] = await seen.frames.count(1);
        if (first?.frame.kind === "resumed" && first.frame.replayed > 0) await seen.frames.count(2);
        await seen.end();
        expect(JSON.stringify(seen.frames.items)).not.toContain(text);
        return first?.frame;
      };
      expect(await opening(0)).toMatchObject({ kind: "snapshot", reason: "expired" });
      expect(await opening(1)).toMatchObject({ kind: "snapshot", reason: "expired" });
      expect(await opening(2)).toEqual({ kind: "resumed", replayed: 2 });
      expect(await opening(3)).toEqual({ kind: "resumed", replayed: 1 });
      expect(await opening(4)).toEqual({ kind: "resumed", replayed: 0 });
    },
  );

  test("hears of the redacting event, and of nothing else, when it was there", async () => {
    await using boards = createBoards();
    const seen = readAll(await boards.as("ann").board.watch(home));
    await seen.frames.count(1);
    await postAndRemove(boards);
    await seen.frames.first(({ position }) => position.offset === 4);
    expect(seen.frames.items.map(({ frame }) => frame.kind)).toEqual([
      "snapshot",
      "events",
      "events",
      "events",
      "events",
    ]);
    expect(JSON.stringify(seen.frames.items.at(-1)?.frame)).not.toContain("redacts");
  });
});

describe("Who reads slowly", () => {
  test("gets a snapshot in place of the redacted event that waited", async () => {
    await using boards = createBoards();
    const slow = new Reader(await boards.as("ann").board.watch(home));
    await slow.next();
    await postAndRemove(boards);
    expect(await slow.next()).toMatchObject({ frame: { kind: "snapshot", reason: "expired", offset: 4 } });
    await boards.as("ann").board.post({ ...home, text: "fourth" });
    expect(await slow.next()).toMatchObject({ frame: { kind: "events", from: 5 } });
  });

  test("gets a snapshot in place of a replay that waited, or of a snapshot that did", async () => {
    await using boards = createBoards();
    const ann = boards.as("ann").board;
    const lastEventId = (await handle(boards).snapshot()).position.replace("system", "all");
    await ann.post({ ...home, text });
    const replayed = new Reader(await ann.watch({ ...home, lastEventId }));
    expect(await replayed.next()).toMatchObject({ frame: { kind: "resumed", replayed: 1 } });
    const slow = new Reader(await ann.watch(home));
    expect(await slow.next()).toMatchObject({ frame: { kind: "snapshot", offset: 1 } });
    await boards.store.newEpoch();
    await ann.post({ ...home, text: "second" });
    await ann.remove({ ...home, offsets: [1] });
    for (const reader of [replayed, slow]) {
      const next = await reader.next();
      expect(next).toMatchObject({ frame: { kind: "snapshot", offset: 3 } });
      expect(JSON.stringify(next)).not.toContain(text);
    }
  });

  test("keeps what waits when none of it was redacted", async () => {
    await using boards = createBoards();
    await boards.as("ann").board.post({ ...home, text });
    const slow = new Reader(await boards.as("ann").board.watch(home));
    await slow.next();
    await boards.as("ann").board.post({ ...home, text: "second" });
    await boards.as("ann").board.remove({ ...home, offsets: [1] });
    expect(await slow.next()).toMatchObject({ frame: { kind: "events", from: 2 } });
    expect(await slow.next()).toMatchObject({ frame: { kind: "events", from: 3 } });
  });
});
