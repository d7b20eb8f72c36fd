import { describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { killedAfter } from "../durability/killed-after.ts";
import { kinds } from "../durability/kinds.ts";
import { chance, Random } from "../durability/random.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";
import { createPages, storedText } from "./pages-app.ts";

const lives = 8;
const program = new URL("./pages-process.ts", import.meta.url);
const home = topicRef("pages", null, { pageId: "home" });

/** What is there when nobody runs anything: each line of the log, and the text that is derived. */
async function look(at: StoreAt) {
  const store = openAt(at);
  await store.open();
  try {
    const log = await store.read(home, 1, Number.MAX_SAFE_INTEGER);
    const lines = log.map(({ data }) => (data as { line: string }).line);
    return { lines, text: await storedText(store), derived: await store.derived(home) };
  } finally {
    await store.close();
  }
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, what a server derives that is killed ${lives} times`, () => {
    test(`is the text as of some event, and in the end of all that were accepted (SHOAL_SEED=${chance})`, async () => {
      await using places = await prepare();
      const at = places.next();
      const random = new Random(chance);
      const accepted: unknown[] = [];
      for (let life = 1; life <= lives; life += 1) {
        accepted.push(...(await killedAfter(program, at, random.between(1, 30), random.between(0, 20))));
        const { lines, text, derived } = await look(at);
        expect(accepted.filter((line) => !lines.includes(line as string))).toEqual([]);
        expect(text?.offset ?? 0).toBe(derived);
        expect(text?.text ?? "").toBe(lines.slice(0, derived).join("\n"));
      }
      const store = openAt(at);
      await using app = createPages({ store });
      await app.realtime.open();
      const { offset } = await store.head(home);
      await eventually(async () => (await store.derived(home)) === offset, "the text is derived to its end");
      expect((await storedText(store))?.text.split("\n")).toEqual((await app.page().state()).lines);
      expect(app.logged.errors()).toEqual([]);
    }, 180_000);
  });
}
