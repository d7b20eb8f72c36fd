import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/recorder.ts";
import { dieAt } from "./die-at.ts";
import { kinds, type Places } from "./kinds.ts";
import { createOrders, eventsOf } from "./orders-app.ts";
import { openAt, type StoreAt } from "./store-at.ts";

const program = new URL("./orders-process.ts", import.meta.url);
/** How long it may take until what is left is done, in milliseconds. */
const patience = 20_000;

/** Places the order in a process that dies at the first thing it commits. */
function placeAndDie(at: StoreAt, failpoint: string): Promise<void> {
  return dieAt(failpoint, program, at, "1");
}

/** What is stored of the order and of the stock, when nobody runs anything. */
async function stored(at: StoreAt) {
  const store = openAt(at);
  await store.open();
  try {
    return await eventsOf(store, "1");
  } finally {
    await store.close();
  }
}

/** A server that lives runs what is left. */
async function finish(at: StoreAt): Promise<void> {
  const store = openAt(at);
  await using orders = createOrders(store);
  await orders.realtime.open();
  await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left", patience);
}

const done = [["placed", "confirmed"], ["reserved"]];

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name}, an effect of an effect`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    test.each([
      { lives: ["before-commit", "after-commit", "before-commit", "before-commit"], leaves: [["placed"], []] },
      { lives: ["after-commit", "after-commit"], leaves: [["placed"], ["reserved"]] },
      { lives: ["after-commit", "after-commit", "after-commit"], leaves: done },
      { lives: ["before-publish", "before-publish"], leaves: [["placed"], ["reserved"]] },
      { lives: ["before-publish", "before-commit", "before-publish"], leaves: [["placed"], ["reserved"]] },
    ])(
      "comes once, though servers die $lives",
      async ({ lives, leaves }) => {
        const at = places.next();
        for (const failpoint of lives) await placeAndDie(at, failpoint);
        expect(await stored(at)).toEqual(leaves);
        await finish(at);
        expect(await stored(at)).toEqual(done);
        await finish(at);
        expect(await stored(at)).toEqual(done);
      },
      60_000,
    );
  });
}
