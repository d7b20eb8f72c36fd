import { createMemoryStore } from "@shoal/server";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, test } from "vitest";
import { chance } from "../durability/random.ts";
import { openAt } from "../durability/store-at.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { CompactWorld, type Setting, type Step, type Stores } from "./compact-world.ts";

const node = fc.nat(1);

const step = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  { weight: 12, arbitrary: plain({ do: fc.constant("write"), node, times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: plain({ do: fc.constant("take back"), node, which: fc.nat(30) }) },
  { weight: 8, arbitrary: plain({ do: fc.constant("end"), node }) },
  { weight: 1, arbitrary: plain({ do: fc.constant("fail"), node }) },
  { weight: 1, arbitrary: plain({ do: fc.constantFrom("restart", "erase"), node }) },
  { weight: 2, arbitrary: plain({ do: fc.constantFrom("unload", "sweep"), node }) },
  { weight: 3, arbitrary: plain({ do: fc.constantFrom("turn", "settle") }) },
);

const setting: fc.Arbitrary<Setting> = plain({
  ring: fc.constantFrom(0, 2, 1_000),
  snapshotEvery: fc.constantFrom(1, 2, 3, 5),
  keep: fc.constantFrom(undefined, undefined, 0, 2),
});

/** A record that is printed as it would be written. */
function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

async function tryOut(numRuns: number, open: () => Promise<Stores & AsyncDisposable>): Promise<void> {
  const property = fc.asyncProperty(setting, fc.array(step, { minLength: 20, maxLength: 60 }), async (given, steps) => {
    await using stores = await open();
    await using world = await CompactWorld.create(stores, given);
    for (const one of steps) await world.take(one);
    await world.finish();
  });
  await fc.assert(property, { seed: chance, numRuns, interruptAfterTimeLimit: 60_000 });
}

describe(`Whatever is written and compacted meanwhile, all who read a journal find what its log says (SHOAL_SEED=${chance}), on`, () => {
  test("two nodes on one store in memory", async () => {
    await tryOut(60, async () => {
      const store = createMemoryStore();
      await store.open();
      return { store, open: async () => store, [Symbol.asyncDispose]: () => store.close() };
    });
  }, 120_000);

  test("two nodes on one SQLite file", async () => {
    await using folder = await temporaryFolder();
    let count = 0;
    await tryOut(12, async () => {
      count += 1;
      const store = openAt({ sqlite: folder.file(`shoal-${count}.db`) });
      await store.open();
      return { store, open: async () => store, [Symbol.asyncDispose]: () => store.close() };
    });
  }, 120_000);

  describe.skipIf(!hasPostgres)("Postgres,", () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await openDatabase();
    });
    afterAll(() => database[Symbol.asyncDispose](), 60_000);

    test("two nodes with a store each", async () => {
      await tryOut(12, async () => {
        const stores = await postgresStores(database.url);
        return { ...stores, open: () => stores.another() };
      });
    }, 180_000);
  });
});
