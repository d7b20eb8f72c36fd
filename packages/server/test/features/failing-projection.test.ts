import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { defineTables, serveChannel } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { expect, test } from "vitest";
import * as z from "zod";

const definition = defineChannel(
  "egg",
  {
    params: z.object({}),
    state: z.object({ dueAt: z.nullable(z.int()) }),
    events: { begun: z.object({ dueAt: z.int() }), done: z.object({}) },
    commands: { begin: { input: z.object({ ms: z.int() }) }, end: { internal: true } },
  },
  {
    initial: () => ({ dueAt: null }),
    apply: { begun: (_state, { dueAt }) => ({ dueAt }), done: () => ({ dueAt: null }) },
  },
);

interface Egg extends TypesOf<typeof definition> {}
const egg: Channel<Egg> = definition;

test("A timer whose events cannot be projected is told to the log of a test, which goes on", async () => {
  const served = serveChannel(egg, {
    authorize: () => true,
    tables: defineTables({ done: z.object({ count: z.int() }) }, []),
    timers: ({ dueAt }) => (dueAt === null ? [] : [{ name: "end", at: dueAt, command: "end" }]),
    commands: {
      begin: ({ input: { ms }, now, emit }) => emit("begun", { dueAt: now + ms }),
      end: ({ emit }) => emit("done"),
    },
    project(_tx, [change]) {
      if (change?.events[0]?.type === "done") throw new Error("There is no such table.");
      return Promise.resolve();
    },
  });
  await using world = testRealtime({ channels: [served] });
  await world.system(egg, {}).send.begin({ ms: 1_000 });
  await world.advance("2s");
  expect((await world.system(egg, {}).state()).dueAt).toEqual(expect.any(Number));
  expect(world.logged.filter(({ level }) => level === "error").map(({ message }) => message)).toContain(
    "what is due on a topic was not fired; trying again",
  );
});
