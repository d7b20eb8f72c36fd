import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { createMemoryHub, createMemoryStore, initRealtime, type Store, serveChannel, system } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { shared, varied } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";

const params = z.object({ noteId: z.string() });
const home = { noteId: "home" };
const remindAt = 4_000_000_000_000;

const definition1 = defineChannel(
  "note",
  {
    params,
    state: z.object({ lines: z.array(z.object({ offset: z.int(), text: z.string() })), reminded: z.array(z.string()) }),
    events: {
      said: z.object({ offset: z.int(), text: z.string() }),
      removed: z.object({ offset: z.int() }),
      reminded: z.object({ texts: z.array(z.string()) }),
    },
    commands: {
      say: { input: z.object({ text: z.string() }), result: z.object({ text: z.string() }) },
      remove: { input: z.object({ offset: z.int() }) },
      remind: { input: z.object({ texts: z.array(z.string()) }), internal: true },
    },
  },
  {
    initial: () => ({ lines: [], reminded: [] }),
    apply: {
      said: (state, line) => ({ ...state, lines: [...state.lines, line] }),
      removed: (state, { offset }) => ({ ...state, lines: state.lines.filter((line) => line.offset !== offset) }),
      reminded: (state, { texts }) => ({ ...state, reminded: texts }),
    },
  },
);

const definition2 = defineChannel(
  "note",
  {
    version: 2,
    params,
    state: z.object({
      lines: z.array(z.object({ offset: z.int(), words: z.string() })),
      reminded: z.array(z.string()),
    }),
    events: {
      said: z.object({ offset: z.int(), words: z.string() }),
      removed: z.object({ offset: z.int() }),
      reminded: z.object({ words: z.array(z.string()) }),
    },
    commands: {
      say: { input: z.object({ words: z.string() }), result: z.object({ words: z.string() }) },
      remove: { input: z.object({ offset: z.int() }) },
      remind: { input: z.object({ words: z.array(z.string()) }), internal: true },
    },
  },
  {
    initial: () => ({ lines: [], reminded: [] }),
    apply: {
      said: (state, line) => ({ ...state, lines: [...state.lines, line] }),
      removed: (state, { offset }) => ({ ...state, lines: state.lines.filter((line) => line.offset !== offset) }),
      reminded: (state, { words }) => ({ ...state, reminded: words }),
    },
    migrate: {
      events: {
        said: ({ offset, text }) => ({ offset, words: text.toUpperCase() }),
        removed: "same",
        reminded: ({ texts }) => ({ words: texts }),
      },
      state: ({ lines, reminded }) => ({
        lines: lines.map(({ offset, text }: { offset: number; text: string }) => ({
          offset,
          words: text.toUpperCase(),
        })),
        reminded,
      }),
      commands: {
        say: { input: ({ text }) => ({ words: text }), result: ({ text }) => ({ words: text.toUpperCase() }) },
        remove: "same",
        remind: ({ texts }) => ({ words: texts.map((text: string) => text.toUpperCase()) }),
      },
    },
  },
);

interface Note1 extends TypesOf<typeof definition1> {}
interface Note2 extends TypesOf<typeof definition2> {}
const note1: Channel<Note1> = definition1;
const note2: Channel<Note2> = definition2;

const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => ({ id: "ann" }) });

function startNode1(store: Store) {
  const served = serveChannel(note1, {
    authorize: () => true,
    timers: ({ lines }) => [
      { name: "remind", at: remindAt, command: "remind", input: { texts: lines.map(({ text }) => text) } },
    ],
    commands: {
      say({ input: { text }, offset, emit }) {
        emit("said", { offset: offset + 1, text });
        return { text };
      },
      remove({ input: { offset }, emit, redact }) {
        emit("removed", { offset });
        redact(offset);
      },
      remind: ({ input, emit }) => emit("reminded", input),
    },
  });
  const options = { store: shared(store), broker: createMemoryHub()(), instance: false as const, logger: quiet };
  const realtime = createRealtime({ ...options, channels: [served] });
  return { note: realtime.router.createCaller({}).note, [Symbol.asyncDispose]: () => realtime.close() };
}

function startNode2(store: Store) {
  const served = serveChannel(note2, {
    authorize: () => true,
    timers: ({ lines }) => [
      { name: "remind", at: remindAt, command: "remind", input: { words: lines.map(({ words }) => words) } },
    ],
    commands: {
      say({ input: { words }, offset, emit }) {
        emit("said", { offset: offset + 1, words });
        return { words };
      },
      remove({ input: { offset }, emit, redact }) {
        emit("removed", { offset });
        redact(offset);
      },
      remind: ({ input, emit }) => emit("reminded", input),
    },
  });
  const options = { store: shared(store), broker: createMemoryHub()(), instance: false as const, logger: quiet };
  const realtime = createRealtime({ ...options, channels: [served] });
  return {
    note: realtime.router.createCaller({}).note,
    home: realtime.topic(note2, home).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

/** What the first version said, and took back or did not, on a store that outlives it. */
async function said(store: Store, removed: boolean): Promise<void> {
  await using first = startNode1(store);
  for (const [index, text] of ["one", "two"].entries()) await first.note.say({ ...home, text, commandId: `c${index}` });
  if (removed) await first.note.remove({ ...home, offset: 1 });
}

test.each([true, false])(
  "What the first version wrote and %s took back is answered again by the second without its result",
  async (byFirst) => {
    await using store = Object.assign(createMemoryStore(), { [Symbol.asyncDispose]: async () => {} });
    await said(store, byFirst);
    await using second = startNode2(store);
    if (!byFirst) await second.note.remove({ ...home, offset: 1 });
    const again = (text: string, commandId: string) =>
      second.note.say({ ...home, text, commandId, version: 1 } as never);
    expect(await again("one", "c0")).toEqual({ ok: true, offset: 1 });
    expect(await again("two", "c1")).toEqual({ ok: true, offset: 2, result: { words: "TWO" } });
    expect((await second.home.history({ limit: 9 })).map(({ offset }) => offset)).toEqual([3, 2]);
    expect((await second.home.state()).lines).toEqual([{ offset: 2, words: "TWO" }]);
  },
);

test("A timer of the first version whose input the second one renews fires with what the second one named", async () => {
  const store = createMemoryStore();
  await said(store, false);
  let aheadMs = 0;
  const later = varied(store, {
    transaction: (requests, decide, options) =>
      store.transaction(requests, (locked) => decide({ ...locked, now: locked.now + aheadMs }), options),
  });
  await using second = startNode2(later);
  await second.note.remove({ ...home, offset: 1 });
  aheadMs = remindAt;
  await second.note.say({ ...home, words: "three" });
  expect((await second.home.state()).reminded).toEqual(["TWO"]);
});
