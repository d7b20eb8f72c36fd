import { describe, expect, test } from "vitest";
import { killedAfter } from "../durability/killed-after.ts";
import { kinds } from "../durability/kinds.ts";
import { chance, Random } from "../durability/random.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { type Entry, entriesOf } from "./journal.ts";
import { createJournals, homeRef, storedSnapshot } from "./journal-app.ts";

const lives = 8;
const program = new URL("./journal-process.ts", import.meta.url);

/** What is there when nobody runs anything. */
async function look(at: StoreAt) {
  const store = openAt(at);
  await store.open();
  try {
    const log = await store.read(homeRef, 1, Number.MAX_SAFE_INTEGER);
    return { ids: log.map(({ data }) => (data as Entry).id), snapshot: await storedSnapshot(store) };
  } finally {
    await store.close();
  }
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, a journal whose server is killed ${lives} times while it compacts`, () => {
    test(`has a snapshot of what its log says, and loads with all that was accepted (SHOAL_SEED=${chance})`, async () => {
      await using places = await prepare();
      const at = places.next();
      const random = new Random(chance);
      const accepted: unknown[] = [];
      let compactions = 0;
      for (let life = 1; life <= lives; life += 1) {
        accepted.push(...(await killedAfter(program, at, random.between(1, 40), random.between(0, 20))));
        const { ids, snapshot } = await look(at);
        expect(accepted.filter((id) => !ids.includes(id as string))).toEqual([]);
        if (!snapshot) continue;
        compactions += 1;
        expect(snapshot.state.tail).toEqual([]);
        expect(entriesOf(snapshot.state).map(({ id }) => id)).toEqual(ids.slice(0, snapshot.offset));
        expect(snapshot.private).toEqual({ written: snapshot.offset });
        expect(snapshot.offset + snapshot.after).toBe(ids.length);
      }
      expect(compactions).toBeGreaterThan(0);
      const { ids } = await look(at);
      await using app = createJournals({ store: openAt(at) });
      expect(entriesOf(await app.home.state()).map(({ id }) => id)).toEqual(ids);
      expect(await app.home.send.count()).toMatchObject({ result: { entries: ids.length, written: ids.length } });
    }, 180_000);
  });
}
