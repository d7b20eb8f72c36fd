import { createMemoryHub } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createClockedStore } from "../durability/clocked-store.ts";
import { eventually } from "../support/recorder.ts";
import { createReminders, ringsIn, unnameable } from "./reminders-app.ts";

/** So that nothing happens but by what the test does: no look comes, and no alarm of this machine's clock rings. */
const quiet = { lookMs: 600_000 };

/** A list on a store whose clock stands still. What is due rings when the next command comes. */
function createList() {
  const clock = createClockedStore();
  const app = createReminders({ ...quiet, store: clock.store });
  const list = app.list("home");
  const start = clock.now();
  return {
    ...app,
    ...clock,
    app,
    list,
    /** Sets a reminder for so many seconds after the start. */
    set: (name: string, seconds: number, behaviour?: "ring" | "stay" | "nothing" | "reject" | "throw") =>
      list.send.set({ name, at: start + seconds * 1_000, ...(behaviour && { behaviour }) }),
    /** Lets so many seconds after the start have passed, and tells what has rung then. */
    async after(seconds: number): Promise<readonly string[]> {
      clock.advance(start + seconds * 1_000 - clock.now());
      const outcome = await list.send.note();
      return outcome.ok ? outcome.result : [];
    },
  };
}

describe("A timer", () => {
  test("that is due at or before a command's time fires before the command decides", async () => {
    await using list = createList();
    await list.set("a", 10);
    expect(await list.after(9.999)).toEqual([]);
    expect(await list.after(10)).toEqual(["a"]);
    expect(await list.after(100)).toEqual(["a"]);
  });

  test("that is due first fires first, in whatever order they were named", async () => {
    await using list = createList();
    await list.set("late", 30);
    await list.set("early", 10);
    await list.set("middle", 20);
    expect(await list.after(60)).toEqual(["early", "middle", "late"]);
    const rings = await ringsIn(list.store, "home");
    expect(rings.map(({ at }) => at)).toEqual([list.now(), list.now(), list.now()]);
  });

  test("that is named with an instant in the past fires with the next command at the latest", async () => {
    await using list = createList();
    await list.set("a", -10);
    expect(await list.after(0)).toEqual(["a"]);
  });

  test("that is named with another instant is due then, and only then", async () => {
    await using list = createList();
    await list.set("later", 10);
    await list.set("later", 30);
    await list.set("sooner", 90);
    await list.set("sooner", 20);
    expect(await list.after(19)).toEqual([]);
    expect(await list.after(29)).toEqual(["sooner"]);
    expect(await list.after(100)).toEqual(["sooner", "later"]);
  });

  test("that the first state names fires before the first command decides", async () => {
    await using list = createList();
    const soon = list.app.list("soon", list.now() + 1_000);
    const late = list.app.list("late", list.now() + 2_000);
    list.advance(1_500);
    expect(await soon.send.note()).toMatchObject({ result: ["first"] });
    expect(await late.send.note()).toMatchObject({ result: [] });
    list.advance(500);
    expect(await late.send.note()).toMatchObject({ result: ["first"] });
  });

  test("that is named no more does not fire", async () => {
    await using list = createList();
    await list.set("a", 10);
    await list.list.send.unset({ name: "a" });
    expect(await list.after(100)).toEqual([]);
  });

  test("that is still named after it fired does not fire again, until it is named with another instant", async () => {
    await using list = createList();
    await list.set("a", 10, "stay");
    for (const seconds of [10, 11, 1_000]) expect(await list.after(seconds)).toEqual(["a"]);
    await list.set("a", 10, "stay");
    expect(await list.after(1_001)).toEqual(["a"]);
    await list.set("a", 1_500, "stay");
    expect(await list.after(1_500)).toEqual(["a", "a"]);
  });

  test("that is gone and then named as it was is another timer, and fires", async () => {
    await using list = createList();
    await list.set("a", 10, "stay");
    expect(await list.after(10)).toEqual(["a"]);
    await list.list.send.unset({ name: "a" });
    await list.set("a", 10, "stay");
    expect(await list.after(10)).toEqual(["a", "a"]);
  });

  test("that sets itself again catches up on all that it missed, one after the other", async () => {
    await using list = createList();
    const at = list.now() + 1_000;
    await list.list.send.set({ name: "a", at, behaviour: { againMs: 1_000 } });
    expect(await list.after(5.5)).toHaveLength(5);
    const rings = await ringsIn(list.store, "home");
    expect(rings.map(({ due }) => due - at)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(await list.after(6)).toHaveLength(6);
  });

  test("that sets itself again all the time does not keep a command from being decided", async () => {
    await using list = createList();
    await list.list.send.set({ name: "a", at: list.now() + 1, behaviour: { againMs: 1 } });
    const rung = await list.after(0.25);
    expect(rung.length).toBeLessThan(250);
    await eventually(async () => (await list.list.state()).rung.length === 250, "all of them rang");
  });
});

describe("A timer whose command", () => {
  test("does nothing has fired, and does not fire again", async () => {
    await using list = createList();
    await list.set("a", 10, "nothing");
    expect(await list.after(10)).toEqual([]);
    await list.after(1_000);
    expect((await list.list.state()).set).toHaveProperty("a");
    expect(list.logged.errors()).toEqual([]);
  });

  test("is rejected has fired, and that is logged", async () => {
    await using list = createList();
    await list.set("a", 10, "reject");
    for (const seconds of [10, 11, 1_000]) expect(await list.after(seconds)).toEqual([]);
    const warnings = list.logged.items.filter(({ fields }) => fields.timer === "a");
    expect(warnings).toMatchObject([{ level: "warn", message: "a timer's command was rejected" }]);
  });

  test("throws is tried again after 1, 2, 4, 8 and 16 seconds, then parked, and the topic goes on", async () => {
    await using list = createList();
    await list.set("bad", 10, "throw");
    await list.set("good", 12);
    const attempts = () => list.logged.errors().length;
    const seen: [number, number][] = [];
    for (const due of [10, 11, 13, 17, 25, 41]) {
      await list.after(due - 0.001);
      const before = attempts();
      await list.after(due);
      seen.push([before, attempts()]);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5].map((count) => [count, count + 1]));
    expect(await list.after(100_000)).toEqual(["good"]);
    expect(list.logged.errors()).toEqual([
      ...Array(5).fill("a timer failed"),
      "a timer failed too often and is parked",
    ]);
    const last = list.logged.items.at(-1)?.fields;
    expect(last).toMatchObject({ timer: "bad", attempts: 6, topic: expect.stringContaining("home") });
    expect(last).toMatchObject({ error: expect.objectContaining({ message: "bad cannot ring" }) });
  });

  test("threw until it was parked is tried anew when it is named with another instant", async () => {
    await using list = createList();
    await list.set("a", 10, "throw");
    for (const seconds of [10, 11, 13, 17, 25, 41]) await list.after(seconds);
    await list.set("a", 100);
    expect(await list.after(99)).toEqual([]);
    expect(await list.after(100)).toEqual(["a"]);
  });

  test("threw until it was parked stays so for another server", async () => {
    await using list = createList();
    await list.set("a", 10, "throw");
    for (const seconds of [10, 11, 13, 17, 25, 41]) await list.after(seconds);
    await using another = createReminders({ ...quiet, store: list.store, broker: createMemoryHub()() });
    await another.list("home").send.note();
    expect(another.logged.errors()).toEqual([]);
  });
});

test("A command after which the timers cannot be named fails alone, and nothing comes of it", async () => {
  await using list = createList();
  await list.set("a", 10);
  const sent = { listId: "home", name: unnameable, at: 0, commandId: "c1" };
  const [failed, set] = await Promise.allSettled([list.as("ann").set(sent), list.set("b", 20)]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "INTERNAL_SERVER_ERROR" } });
  expect(set).toMatchObject({ status: "fulfilled", value: { ok: true, offset: 2 } });
  expect(await list.after(60)).toEqual(["a", "b"]);
  expect((await list.list.state()).set).toEqual({});
});
