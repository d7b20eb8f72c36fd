import { createMemoryStore, type StoredEffect, type StoredTimer } from "@shoal/server";
import { expect, test } from "vitest";
import { request, topicNamed, writeAfter } from "../suites/store/write.ts";
import { shared } from "../support/nodes.ts";
import { eventually } from "../support/recorder.ts";
import { createReminders, ringsIn } from "./reminders-app.ts";

const timer: StoredTimer = {
  name: "end",
  at: 1,
  due: 1,
  command: "end",
  input: {},
  armedAt: 1,
  attempts: 0,
  status: "armed",
  version: 1,
};

test("What is due on channels that this node does not serve keeps nothing waiting, however much it is", async () => {
  const store = createMemoryStore();
  await store.open();
  const others = Array.from({ length: 1_000 }, (_, index) => topicNamed(`${index}`, { channel: "elsewhere" }));
  const effects = others.map(
    (target, index): StoredEffect => ({
      id: `effect:${index}`,
      source: target.id,
      target,
      command: "end",
      input: {},
      due: 1,
      attempts: 0,
      status: "armed",
      version: 1,
    }),
  );
  await store.transaction(
    others.map((topic) => request(topic, { offset: 0, epoch: "" })),
    () =>
      others.map((topic, index) =>
        writeAfter(0, 1, topic, [], { timers: [timer], effects: effects.slice(index, index + 1) }),
      ),
  );
  {
    await using app = createReminders({ store: shared(store), lookMs: 600_000 });
    await app.list("home").send.set({ name: "a", at: Date.now() + 100, behaviour: "stay" });
  }
  await using app = createReminders({ store: shared(store), lookMs: 5 });
  await app.realtime.open();
  await eventually(async () => (await ringsIn(store, "home")).length === 1, "it rang");
  expect(app.logged.errors()).toEqual([]);
});
