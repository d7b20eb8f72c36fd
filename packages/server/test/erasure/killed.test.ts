import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { system } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { inTime } from "../support/recorder.ts";
import { board } from "./board.ts";
import { createBoards } from "./board-app.ts";
import type { TakeBack } from "./board-process.ts";
import { effectsRun, tablesWith } from "./search.ts";

const home = { boardId: "home" };
const text = "what must not stay";
const user = "ada-1815";

/** What is there of it, as a server sees it that lives. */
async function look(at: StoreAt) {
  await using boards = createBoards({ store: openAt(at) });
  const topic = boards.realtime.topic(board, home).as(system);
  const { posts } = await topic.state();
  const history = await topic.history({ limit: 9 });
  const texts = await boards.as("ben").board.texts();
  return { posts: posts.length, texts: texts.length, offsets: history.map(({ offset }) => offset) };
}

/** Takes it back in a process of its own, which may die of it. @returns the signal that ended it */
async function takeBack(message: TakeBack, failpoint: string | undefined): Promise<NodeJS.Signals | null> {
  const child = fork(fileURLToPath(new URL("./board-process.ts", import.meta.url)), {
    execArgv: ["--conditions=@shoal/source"],
    env: { ...process.env, ...(failpoint !== undefined && { SHOAL_FAILPOINT: failpoint }) },
  });
  child.send(message);
  const done = once(child, "message").then(() => child.kill());
  done.catch(() => {});
  await inTime(once(child, "exit"), "the process to end", 20_000);
  return child.signalCode;
}

const untouched = { posts: 2, texts: 2, offsets: [2, 1] };

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a server`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    const after = {
      redact: { posts: 1, texts: 1, offsets: [3, 2] },
      erase: { posts: 0, texts: 0, offsets: [] },
      eraseUser: { posts: 1, texts: 1, offsets: [3, 2] },
    };

    test.each([
      { how: "redact", failpoint: "before-commit" },
      { how: "redact", failpoint: "after-commit" },
      { how: "erase", failpoint: "before-commit" },
      { how: "erase", failpoint: "after-commit" },
      { how: "eraseUser", failpoint: "before-commit" },
      { how: "eraseUser", failpoint: "after-commit" },
    ] as const)(
      "that dies $failpoint of $how has done it whole or not at all, and asked again ends the same",
      async ({ how, failpoint }) => {
        const at = await apart(places.next());
        {
          await using boards = createBoards({ store: openAt(at) });
          await boards.as(user).board.post({ ...home, text, commandId: "c1" });
          await boards.as("ben").board.post({ ...home, text: "an answer" });
          await effectsRun(boards.store);
        }
        expect(await takeBack({ at, how, userId: user }, failpoint)).toBe("SIGKILL");
        expect(await look(at)).toEqual(failpoint === "before-commit" ? untouched : after[how]);
        expect(await takeBack({ at, how, userId: user }, undefined)).toBe("SIGTERM");
        expect(await look(at)).toEqual(after[how]);
        const left = await tablesWith(at, text);
        expect(left.filter((table) => table !== "effects")).toEqual([]);
        if (how === "eraseUser") expect(await tablesWith(at, user)).toEqual([]);
      },
      60_000,
    );
  });
}
