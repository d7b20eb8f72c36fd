import { createMemoryHub, createMemoryStore, createSqliteStore, type Store } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { sharings } from "../durability/sharing.ts";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { wrapStore } from "../durability/wrap-store.ts";
import { eventually } from "../support/recorder.ts";
import { createReminders, ringsIn } from "./reminders-app.ts";

/** How late a timer may be, in milliseconds: where its topic is loaded, and where it is not. */
const bounds = { loaded: 250, unloaded: 2_000 };
/** What a busy machine may add. */
const slack = 750;

/** Waits until so much has rung, for as long as it may take after it was due, and tells how late it was. */
async function latenesses(store: Store, listId: string, due: number, bound: number, count = 1) {
  const patience = due - Date.now() + bound + slack;
  await eventually(async () => (await ringsIn(store, listId)).length >= count, "it rang in time", patience);
  return (await ringsIn(store, listId)).map(({ due, at }) => at - due);
}

const stores = [
  { name: "memory", create: (_path: string): Store => createMemoryStore() },
  { name: "SQLite", create: (path: string): Store => createSqliteStore({ path }) },
];

describe.each(stores)("A timer in $name", ({ create }) => {
  test("fires when it is due, where its topic is loaded", async () => {
    await using folder = await temporaryFolder();
    const store = create(folder.file("shoal.db"));
    await using app = createReminders({ store, lookMs: 600_000 });
    await app.realtime.open();
    const due = Date.now() + 200;
    await app.list("home").send.set({ name: "a", at: due });
    for (const lateness of await latenesses(store, "home", due, bounds.loaded)) {
      expect(lateness).toBeGreaterThanOrEqual(0);
      expect(lateness).toBeLessThan(bounds.loaded + slack);
    }
  });

  test("fires soon after, where its topic is not loaded", async () => {
    await using folder = await temporaryFolder();
    const store = create(folder.file("shoal.db"));
    await using app = createReminders({ store, idleMs: 1 });
    await app.realtime.open();
    const due = Date.now() + 200;
    await app.list("home").send.set({ name: "a", at: due });
    for (const lateness of await latenesses(store, "home", due, bounds.unloaded)) {
      expect(lateness).toBeGreaterThanOrEqual(0);
      expect(lateness).toBeLessThan(bounds.unloaded + slack);
    }
  });
});

describe("Timers", () => {
  test("that came due while everything was down fire at the next start, before anybody uses their topics", async () => {
    await using folder = await temporaryFolder();
    const create = () => createSqliteStore({ path: folder.file("shoal.db") });
    let due = 0;
    {
      await using app = createReminders({ store: create() });
      await app.realtime.open();
      due = Date.now() + 300;
      await app.list("home").send.set({ name: "a", at: due });
      await app.list("work").send.set({ name: "b", at: due + 1 });
      await app.list("garden").send.set({ name: "c", at: due + 86_400_000 });
    }
    await eventually(() => Date.now() > due + 1, "they came due");
    const store = create();
    await using app = createReminders({ store });
    await app.realtime.open();
    await latenesses(store, "home", Date.now(), bounds.unloaded);
    await latenesses(store, "work", Date.now(), bounds.unloaded);
    expect(await ringsIn(store, "garden")).toEqual([]);
  });

  test("that the first state names fire when they are due, though nobody wrote to the topic", async () => {
    await using app = createReminders({ lookMs: 600_000 });
    const due = Date.now() + 200;
    const list = app.list("home", due);
    await list.state();
    const patience = due - Date.now() + bounds.loaded + slack;
    await eventually(async () => (await list.state()).rung.length > 0, "it rang in time", patience);
  });

  test("after one that emits nothing fire when they are due, without waiting for a look", async () => {
    const store = createMemoryStore();
    await using app = createReminders({ store, lookMs: 600_000 });
    await app.realtime.open();
    const due = Date.now() + 200;
    await app.list("home").send.set({ name: "silent", at: due - 100, behaviour: "nothing" });
    await app.list("home").send.set({ name: "thrown", at: due - 50, behaviour: "throw" });
    await app.list("home").send.set({ name: "a", at: due });
    await latenesses(store, "home", due, bounds.loaded);
  });

  test("are left to others by a server that was closed", async () => {
    const memory = createMemoryStore();
    const store = wrapStore(memory, { close: async () => {} });
    await using first = createReminders({ store, broker: createMemoryHub()() });
    await using second = createReminders({ store, broker: createMemoryHub()(), lookMs: 20 });
    const due = Date.now() + 200;
    await first.list("home").send.set({ name: "a", at: due });
    await first.list("home").send.set({ name: "b", at: due + 100 });
    await first.realtime.close();
    await second.realtime.open();
    await latenesses(store, "home", due + 100, bounds.unloaded, 2);
    expect(first.logged.errors()).toEqual([]);
  });
});

for (const { name, here, prepare } of sharings) {
  test.skipIf(!here)(
    `Timers fire once, though two servers on ${name} hold their topics`,
    async () => {
      await using sharing = await prepare();
      const stores = sharing.next();
      const hub = createMemoryHub();
      await using first = createReminders({ store: stores[0], broker: hub(), lookMs: 20 });
      await using second = createReminders({ store: stores[1], broker: hub(), lookMs: 20 });
      await first.list("home").state();
      await second.list("home").state();
      const due = Date.now() + 300;
      const names = Array.from({ length: 20 }, (_, index) => `reminder ${index}`);
      for (const [index, name] of names.entries()) {
        await (index % 2 ? first : second).list("home").send.set({ name, at: due + index, behaviour: "stay" });
      }
      await latenesses(stores[0], "home", due + names.length, bounds.loaded, names.length);
      await first.list("home").send.note();
      await second.list("home").send.note();
      expect((await ringsIn(stores[0], "home")).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
      expect([...first.logged.errors(), ...second.logged.errors()]).toEqual([]);
    },
    30_000,
  );
}
