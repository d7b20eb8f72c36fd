import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, type ServeOptions, serveChannel, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { measure } from "../durability/wrap-store.ts";
import { quiet } from "../support/quiet.ts";

const sheet = defineChannel(
  "sheet",
  {
    params: z.object({ sheetId: z.string() }),
    state: z.object({ letters: z.string() }),
    events: { typed: z.object({ letter: z.string() }) },
    commands: { type: { input: z.object({ letter: z.string() }) } },
  },
  { initial: () => ({ letters: "" }), apply: { typed: ({ letters }, { letter }) => ({ letters: letters + letter }) } },
);

/** So long that what is sent one after the other in a test comes within it, whatever else the machine does. */
const gatherMs = 1_000;

/** Sheets whose letters are gathered, and how many transactions there were. */
async function createSheets() {
  const { store, counts } = measure(createMemoryStore());
  const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => null });
  const sheets = serveChannel(sheet, { gatherMs, commands: { type: ({ input, emit }) => emit("typed", input) } });
  const realtime = createRealtime({ channels: [sheets], store, logger: quiet });
  await realtime.open();
  return {
    counts,
    close: () => realtime.close(),
    on: (sheetId: string) => realtime.topic(sheet, { sheetId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

const turn = () => new Promise(setImmediate);

describe("The commands of a topic that gathers", () => {
  test("are committed together where they come soon after a commit, and in their order", async () => {
    await using sheets = await createSheets();
    const { send, state } = sheets.on("1");
    await send.type({ letter: "a" });
    expect(sheets.counts.transaction).toBe(1);
    const typing = [];
    for (const letter of "bcdef") {
      typing.push(send.type({ letter }));
      await turn();
      await turn();
    }
    const outcomes = await Promise.all(typing);
    expect(sheets.counts.transaction).toBe(2);
    expect(outcomes.map(({ offset }) => offset)).toEqual([2, 3, 4, 5, 6]);
    expect(await state()).toEqual({ letters: "abcdef" });
  });

  test("hold up no other topic, and the first one after a quiet time waits for nothing", async () => {
    await using sheets = await createSheets();
    const answered: string[] = [];
    await sheets.on("1").send.type({ letter: "a" });
    const late = sheets
      .on("1")
      .send.type({ letter: "b" })
      .then(() => answered.push("the same topic"));
    await sheets.on("2").send.type({ letter: "c" });
    answered.push("another topic");
    await late;
    expect(answered).toEqual(["another topic", "the same topic"]);
  });

  test("are answered before the realtime is closed", async () => {
    const sheets = await createSheets();
    const { send } = sheets.on("1");
    await send.type({ letter: "a" });
    const late = send.type({ letter: "b" });
    await turn();
    await sheets.close();
    expect(await late).toEqual({ ok: true, offset: 2 });
  });
});

test.each([
  [{ gatherMs: -1 }, "`gatherMs` is from 0 to 1000."],
  [{ gatherMs: Number.NaN }, "`gatherMs` is from 0 to 1000."],
  [{ gatherMs: 5_000 }, "`gatherMs` is from 0 to 1000."],
  [{ prepareAgain: ["type"] }, '`prepareAgain` names "type", which has no `prepare`.'],
  [{ gatherMs: 5, load: { type: async () => 1 } }, "there is nothing to gather"],
])("a channel cannot be served with %o", (options, message) => {
  const wrong = options as Partial<ServeOptions<never, null, object>>;
  const serve = () => serveChannel(sheet, { ...wrong, commands: { type: () => {} } } as never);
  expect(serve).toThrow(message);
});
