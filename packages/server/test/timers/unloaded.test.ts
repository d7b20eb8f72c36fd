import { expect, test } from "vitest";
import { collectGarbage } from "../support/collect-garbage.ts";
import { eventually } from "../support/recorder.ts";
import { createReminders } from "./reminders-app.ts";

test("A topic that nobody uses leaves the memory, though its next timer is years ahead", async () => {
  await using app = createReminders({ idleMs: 1 });
  await app.list("home").send.set({ name: "a", at: Date.now() + 100_000_000_000 });
  const state = new WeakRef(await app.list("home").state());
  await eventually(() => {
    collectGarbage();
    return state.deref() === undefined;
  }, "its state was let go");
  expect((await app.list("home").state()).set).toHaveProperty("a");
});
