import * as fc from "fast-check";
import { test } from "vitest";
import { chance } from "./random.ts";
import { type Setting, type Step, World } from "./restarts-world.ts";

const some = (...values: number[]) => fc.constantFrom(...values);

const setting: fc.Arbitrary<Setting> = plain({
  ring: some(0, 2, 1_000),
  maxReplay: some(0, 2, 1_000),
  queue: some(2, 1_000),
  snapshotEvery: some(1, 2, 3, 4, 500),
  keep: fc.constantFrom(undefined, 0, 1, 3),
  idleMs: some(0, 30_000),
});

const sent = plain({
  user: fc.constantFrom("ann", "ben"),
  commandId: fc.constantFrom("c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"),
  by: some(1, 2, 3, 5_000),
  times: fc.integer({ min: 1, max: 3 }),
});
const who = fc.nat(2);
const from = fc.constantFrom("nowhere", "where it was", "where it was");
const most = fc.integer({ min: 1, max: 5 });

const step = fc.oneof(
  { weight: 12, arbitrary: does("send", { sent }) },
  { weight: 6, arbitrary: does("join", { who, from }) },
  { weight: 6, arbitrary: does("read", { who, most }) },
  { weight: 2, arbitrary: does("drop", { who }) },
  { weight: 2, arbitrary: does("sweep") },
  { weight: 1, arbitrary: does("restart") },
  { weight: 1, arbitrary: does("unload") },
  { weight: 2, arbitrary: does("turn") },
  { weight: 3, arbitrary: does("settle") },
) as fc.Arbitrary<Step>;

function does(what: Step["do"], fields: Record<string, fc.Arbitrary<unknown>> = {}) {
  return plain({ do: fc.constant(what), ...fields });
}

/** A record that is printed as it would be written. */
function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

test(`Whatever is done to a server on SQLite, log, answers and subscribers agree (SHOAL_SEED=${chance})`, async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { minLength: 30, maxLength: 80 }), async (given, steps) => {
      await using world = await World.create(given);
      for (const one of steps) await world.take(one);
      await world.finish();
    }),
    // A counterexample is made smaller only as long as there is time for it.
    { seed: chance, numRuns: 16, interruptAfterTimeLimit: 45_000 },
  );
}, 120_000);
