import * as fc from "fast-check";
import { test } from "vitest";
import { chance } from "./random.ts";
import { type Setting, type Step, World } from "./restarts-world.ts";

const some = (...values: number[]) => fc.constantFrom(...values);

const setting: fc.Arbitrary<Setting> = fc.record({
  ring: some(0, 2, 1_000),
  maxReplay: some(0, 2, 1_000),
  queue: some(2, 1_000),
  snapshotEvery: some(1, 2, 3, 500),
  keep: fc.constantFrom(undefined, undefined, 0, 1, 3),
  idleMs: some(0, 30_000),
});

const sent = fc.record({
  user: fc.constantFrom("ann", "ben"),
  commandId: fc.constantFrom("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"),
  by: some(1, 2, 3, 5_000),
  times: fc.integer({ min: 1, max: 3 }),
});
const who = fc.nat(2);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("send"), sent }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("join"), who, from: fc.constantFrom("nowhere", "where it was", "where it was") }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("read"), who, most: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("drop"), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("sweep") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unload") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("turn") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("settle") }) },
) as fc.Arbitrary<Step>;

test(`Whatever is done to a server on SQLite, log, answers and subscribers agree (SHOAL_SEED=${chance})`, async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { minLength: 30, maxLength: 80 }), async (given, steps) => {
      await using world = await World.create(given);
      for (const one of steps) await world.take(one);
      await world.finish();
    }),
    { seed: chance, numRuns: 20 },
  );
}, 60_000);
