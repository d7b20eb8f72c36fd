import type { StoredTimer } from "@shoal/server";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tries } from "../../support/seed.ts";
import type { OpenStore } from "../store-suite.ts";
import { request, topicNamed, write, writeAfter } from "./write.ts";

const timer = (due: number, status: StoredTimer["status"] = "armed"): StoredTimer => ({
  name: "end",
  at: due,
  due,
  command: "end",
  input: {},
  armedAt: 1,
  attempts: 0,
  status,
  version: 1,
});

const alone = "only one can open it, and nobody else writes";

/** What a look at the whole store tells. */
export function lookLaws(name: string, open: OpenStore): void {
  describe(`${name}, looked at,`, () => {
    test("tells nothing of what was written before the first look", async () => {
      await using opened = await open();
      await write(opened.store, topicNamed("lobby"), ["a"]);
      const { mark, changed, now } = await opened.store.look(null);
      expect(changed).toEqual([]);
      expect(typeof mark).toBe("string");
      expect(Number.isSafeInteger(now)).toBe(true);
    });

    test("tells every topic that another wrote to since, and where its log ends", async ({ skip }) => {
      await using opened = await open();
      if (!opened.another) return skip(alone);
      const { store } = opened;
      const other = await opened.another();
      let { mark } = await store.look(null);
      let count = 0;
      const steps = fc.array(fc.oneof(fc.constantFrom(..."abcd"), fc.constant("look")), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(steps, async (names) => {
          const unseen = new Map<string, number>();
          for (const step of [...names, "look"]) {
            if (step !== "look") {
              const topic = topicNamed(step);
              count += 1;
              await write(other, topic, [count]);
              unseen.set(topic.id, (await store.head(topic)).offset);
              continue;
            }
            const look = await store.look(mark);
            mark = look.mark;
            const told = new Map(look.changed.map(({ id, offset }) => [id, offset]));
            for (const [id, offset] of unseen) expect(told.get(id)).toBeGreaterThanOrEqual(offset);
            for (const { id, epoch } of look.changed) {
              const topic = [..."abcd"].map((one) => topicNamed(one)).find((one) => one.id === id);
              if (topic) expect(await store.head(topic)).toMatchObject({ epoch });
            }
            unseen.clear();
          }
        }),
        tries(25),
      );
    });

    test("tells what another wrote while it looked now or the next time", async ({ skip }) => {
      await using opened = await open();
      if (!opened.another) return skip(alone);
      const { store } = opened;
      const other = await opened.another();
      const names = Array.from({ length: 30 }, (_, index) => `topic-${index}`);
      let { mark } = await store.look(null);
      const told = new Set<string>();
      const look = async (): Promise<void> => {
        const found = await store.look(mark);
        mark = found.mark;
        for (const { id } of found.changed) told.add(id);
      };
      const writes = Promise.all(names.map((one) => write(other, topicNamed(one), ["a"])));
      for (let count = 0; count < 5; count += 1) await look();
      await writes;
      await look();
      expect(names.filter((one) => !told.has(topicNamed(one).id))).toEqual([]);
    });

    test("tells once when every topic has another epoch, also those that nobody ever wrote to", async () => {
      await using opened = await open();
      const { store } = opened;
      const first = await store.look(null);
      expect(first.renewed).toBe(false);
      await store.newEpoch();
      const second = await store.look(first.mark);
      expect(second.renewed).toBe(true);
      expect((await store.look(second.mark)).renewed).toBe(false);
    });

    test("tells the topics with a timer that is due, the longest due first", async () => {
      await using opened = await open();
      const { store } = opened;
      const { now } = await store.look(null);
      const topics = {
        late: topicNamed("late", { tenant: "acme" }),
        later: topicNamed("later"),
        future: topicNamed("future"),
        fired: topicNamed("fired"),
        parked: topicNamed("parked"),
        cleared: topicNamed("cleared"),
      };
      await write(store, topics.late, [], { timers: [timer(now + 60_000), timer(now - 1_000)].map(named) });
      await write(store, topics.later, ["a"], { timers: [timer(now - 2_000)] });
      await write(store, topics.future, ["a"], { timers: [timer(now + 60_000)] });
      await write(store, topics.fired, ["a"], { timers: [timer(now - 1_000, "fired")] });
      await write(store, topics.parked, ["a"], { timers: [timer(now - 1_000, "parked")] });
      await write(store, topics.cleared, ["a"], { timers: [timer(now - 1_000)] });
      await write(store, topics.cleared, [], { timers: [] });
      expect((await store.look(null)).due).toEqual([topics.later, topics.late]);
    });

    test("tells a thousand that are due, of the channels that it is asked for", async () => {
      await using opened = await open();
      const { store } = opened;
      const { now } = await store.look(null);
      const mine = topicNamed("mine", { channel: "lots" });
      const odd = topicNamed("odd", { channel: 'o"d\n é' });
      const others = Array.from({ length: 1_000 }, (_, index) => topicNamed(`${index}`));
      const head = { offset: 0, epoch: "" };
      await store.transaction(
        [...others, mine, odd].map((topic) => request(topic, head)),
        () => [
          ...others.map((topic) => writeAfter(0, now, topic, [], { timers: [timer(now - 9_000)] })),
          writeAfter(0, now, odd, [], { timers: [timer(now - 2)] }),
          writeAfter(0, now, mine, [], { timers: [timer(now - 1)] }),
        ],
      );
      expect((await store.look(null)).due).toHaveLength(1_000);
      expect((await store.look(null, [mine.channel])).due).toEqual([mine]);
      expect((await store.look(null, [odd.channel, mine.channel])).due).toEqual([odd, mine]);
      expect((await store.look(null, [])).due).toEqual([]);
    });
  });
}

function named(one: StoredTimer, index: number): StoredTimer {
  return { ...one, name: `timer-${index}` };
}
