import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topicRef } from "../../src/topic-ref.ts";
import { apart } from "../durability/apart.ts";
import { dieAt } from "../durability/die-at.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { createAlerts, ops } from "./alerts-app.ts";

const program = new URL("./alerts-process.ts", import.meta.url);

/** How long it may take until what is left is done, in milliseconds. */
const patience = 20_000;

/** A server that lives reads the load and runs all that follows. @returns what Ann was told, the newest first */
async function finish(at: StoreAt, load: number): Promise<readonly string[]> {
  await using app = createAlerts({ store: openAt(at) });
  await app.readLoad(load, patience);
  const { items, counts } = await app.inboxOf("ann");
  expect(counts.total).toBe(items.length);
  return items.map(({ data }) => data.what);
}

/** What became of the alerts, as the log tells. */
async function storedTypes(at: StoreAt): Promise<readonly string[]> {
  const store = openAt(at);
  await store.open();
  try {
    const log = await store.read(topicRef(ops.alerts.name, null, {}), 1, Number.MAX_SAFE_INTEGER);
    return log.map(({ type }) => type);
  } finally {
    await store.close();
  }
}

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, an alert`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    // Those that go on find what the one before them left, and die one step further.
    test.each([
      { lives: ["reads before-commit", "reads after-commit", "goes on after-commit"] },
      { lives: ["reads before-publish", "reads after-commit", "goes on before-publish"] },
      { lives: ["reads after-commit", "reads after-commit", "goes on before-commit"] },
    ])(
      "fires once and is resolved once, and who is named is told once of each, though there are servers of which each $lives",
      async ({ lives }) => {
        const at = await apart(places.next());
        const liveAndDie = async (load: number) => {
          for (const life of lives) {
            const [failpoint = ""] = life.match(/\S+$/) ?? [];
            await dieAt(failpoint, program, at, life.startsWith("reads") ? String(load) : "");
          }
        };
        await liveAndDie(20);
        expect(await finish(at, 20)).toEqual(["fired"]);
        await liveAndDie(1);
        expect(await finish(at, 1)).toEqual(["resolved", "fired"]);
        expect(await storedTypes(at)).toEqual(["fired", "told", "resolved", "told"]);
      },
      120_000,
    );
  });
}
