import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../../../server/test/durability/apart.ts";
import { kinds, type Places } from "../../../server/test/durability/kinds.ts";
import { chance, Random } from "../../../server/test/durability/random.ts";
import { change } from "../support/document-edits.ts";
import { DocumentNode } from "./support/document-node.ts";
import { DocumentWorld, type Step, writers } from "./support/document-world.ts";
import { carryBadly } from "./support/shaky-hints.ts";

/** How often it is tried on each store; with `SHOAL_EFFORT=10` ten times as often. */
const runs = 2 * Number(process.env.SHOAL_EFFORT ?? 1);

/** How many servers there are: SQLite is for one. */
const servers = { SQLite: 1, Postgres: 2 } as Readonly<Record<string, number>>;

const step = fc.oneof(
  { weight: 20, arbitrary: does("write", { changes: fc.array(change, { minLength: 1, maxLength: 4 }) }) },
  { weight: 2, arbitrary: does("lose", { way: fc.constantFrom("up", "down", "both") }) },
  { weight: 2, arbitrary: does("cut") },
  { weight: 1, arbitrary: does("move") },
  { weight: 2, arbitrary: does("leave") },
) as fc.Arbitrary<Step>;

const script = fc.record({
  luck: fc.nat(),
  before: steps(50, 90),
  whileDead: steps(10, 20),
  after: steps(30, 60),
});

function does(what: Step["does"], fields: Record<string, fc.Arbitrary<unknown>> = {}) {
  return fc.record({ who: fc.constantFrom(...writers), does: fc.constant(what), ...fields }, { noNullPrototype: true });
}

function steps(minLength: number, maxLength: number) {
  return fc.array(step, { minLength, maxLength, size: "max" });
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here).concurrent(`On ${name}, a document that five people write over links that break`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test(
      `is the same for all, with all that was saved, though a server is killed in the middle (SHOAL_SEED=${chance})`,
      async () => {
        const place = await apart(places.next());
        const random = new Random(chance);
        const nodes: DocumentNode[] = Array.from({ length: servers[name] ?? 1 }, (_, index) => {
          return new DocumentNode(place, (hint) => {
            const others = nodes.filter((_, other) => other !== index);
            for (const other of others) carryBadly(random, hint, (late) => other.hint(late));
          });
        });
        await using stack = new AsyncDisposableStack();
        for (const node of nodes) {
          await node.start();
          stack.use(node);
        }
        const property = fc.asyncProperty(script, async ({ luck, before, whileDead, after }) => {
          await using world = await DocumentWorld.create(nodes, luck);
          for (const one of before) await world.take(one);
          await world.kill();
          const revived = nodes.length > 1 ? undefined : world.revive();
          for (const one of whileDead) await world.take(one);
          await (revived ?? world.revive());
          for (const one of after) await world.take(one);
          await world.settle();
          expect(await world.check()).toBeGreaterThan(20);
        });
        // Each try takes seconds: a counterexample is told as it is.
        await fc.assert(property, { seed: chance, numRuns: runs, endOnFailure: true });
      },
      60_000 + runs * 60_000,
    );
  });
}
