import { ShoalError } from "@shoal/contract";
import { createMemoryStore } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measure } from "../durability/wrap-store.ts";
import { eventually, inTime } from "../support/recorder.ts";
import { tries } from "../support/seed.ts";
import { createErrands, desk, desks, errand, serveErrands } from "./errand.ts";

const places = ["home", "shop", "yard"] as const;

/** How often an effect is tried before it is parked. */
const mostAttempts = 6;

/** An errand that is hindered so often, which does not count, and then fails so often. */
interface Planned {
  readonly place: (typeof places)[number];
  readonly hindered: number;
  readonly fails: number;
}

interface Attempt {
  readonly event: number;
  readonly index: number;
  readonly place: string;
}

const planned: fc.Arbitrary<Planned> = fc.record({
  place: fc.constantFrom(...places),
  hindered: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
  ),
  fails: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 7 }) }),
});

/** Fulfilled for all who came when so many have. */
class Meeting {
  readonly #all: Promise<void>;
  #come: () => void = () => {};
  #missing: number;

  constructor(size: number) {
    this.#missing = size;
    this.#all = new Promise((resolve) => {
      this.#come = resolve;
    });
  }

  async join(): Promise<void> {
    this.#missing -= 1;
    if (this.#missing === 0) this.#come();
    await inTime(this.#all, "the effects of the event that go elsewhere");
  }
}

/** Runs events with their errands. The first of each event to each place wait for one another. @returns every attempt, in its order */
async function run(events: readonly (readonly Planned[])[]) {
  const attempts: Attempt[] = [];
  const tried = new Map<string, number>();
  const meetings = events.map((errands) => new Meeting(new Set(errands.map(({ place }) => place)).size));
  const prepare = async (what: string): Promise<string> => {
    const [event = 0, index = 0] = what.split(".").map(Number);
    const { place = "", hindered = 0, fails = 0 } = events[event]?.[index] ?? {};
    attempts.push({ event, index, place });
    const before = tried.get(what) ?? 0;
    tried.set(what, before + 1);
    const isFirst = events[event]?.findIndex((other) => other.place === place) === index;
    if (isFirst && before === 0) await meetings[event]?.join();
    if (before < hindered) throw new ShoalError("SERVICE_UNAVAILABLE", "The road is closed.");
    if (before < hindered + fails) throw new Error("there is no water");
    return what;
  };
  await using w = testRealtime({ channels: [desks, serveErrands({ prepare })] });
  for (const [event, errands] of events.entries()) {
    const asked = errands.map(({ place }, index) => ({ place, what: `${event}.${index}` }));
    await w.system(desk, {}).send.ask({ errands: asked });
  }
  // What is hindered, or fails, is due again within 16 seconds: each turn brings at least one further.
  const most = events.flat().reduce((sum, { hindered, fails }) => sum + hindered + fails, 1);
  for (let turn = 0; turn < most; turn += 1) await w.advance("17s");
  const done = await Promise.all(places.map(async (place) => (await w.system(errand, { place }).state()).done));
  return { attempts, done };
}

function attemptsOf({ hindered, fails }: Planned): number {
  return hindered + Math.min(fails + 1, mostAttempts);
}

describe("The effects of a topic", () => {
  test("are run event by event, those of an event to different targets at once and those to one in their order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(planned, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        async (events) => {
          const { attempts, done } = await run(events);
          expect(attempts.map(({ event }) => event)).toEqual(
            events.flatMap((errands, event) => errands.flatMap((one) => Array(attemptsOf(one)).fill(event))),
          );
          for (const [at, place] of places.entries()) {
            const here = events.flatMap((errands, event) =>
              errands.flatMap((one, index) => (one.place === place ? [{ ...one, what: `${event}.${index}` }] : [])),
            );
            expect(
              attempts.filter((one) => one.place === place).map(({ event, index }) => `${event}.${index}`),
            ).toEqual(here.flatMap((one) => Array(attemptsOf(one)).fill(one.what)));
            expect(done[at]).toEqual(here.filter(({ fails }) => fails < mostAttempts).map(({ what }) => what));
          }
        },
      ),
      tries(100),
    );
  }, 60_000);

  test("reach 500 topics in a few transactions, and the next event's come after them", async () => {
    const { store, counts } = measure(createMemoryStore());
    await using errands = createErrands({ store, channels: [desks, serveErrands()] });
    const before = counts.transaction;
    const everywhere = Array.from({ length: 500 }, (_, index) => ({ place: `place-${index}`, what: "sweep" }));
    await errands.ask(...everywhere);
    await errands.ask({ place: "place-499", what: "lock" });
    await eventually(async () => (await store.look(null)).effects.length === 0, "no effect is left");
    expect(counts.transaction - before).toBeLessThan(50);
    expect(await errands.done("place-0")).toEqual(["sweep"]);
    expect(await errands.done("place-499")).toEqual(["sweep", "lock"]);
  });
});
