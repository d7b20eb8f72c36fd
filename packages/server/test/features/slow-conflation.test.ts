import { type AnyFrame, defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serveChannel, system, type User } from "@shoal/server";
import { initTRPC, isTrackedEnvelope } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";

const mixer = defineChannel(
  "mixer",
  {
    params: z.object({}),
    state: z.object({ levels: z.record(z.string(), z.int()), notes: z.int() }),
    events: {
      levelSet: z.object({ slider: z.string(), level: z.int() }),
      noted: z.object({ notes: z.int() }),
    },
    commands: {
      setLevel: { input: z.object({ slider: z.string(), level: z.int() }) },
      note: { input: z.object({ times: z.int() }) },
    },
  },
  {
    initial: () => ({ levels: {}, notes: 0 }),
    apply: {
      levelSet: (state, { slider, level }) => ({ ...state, levels: { ...state.levels, [slider]: level } }),
      noted: (state, { notes }) => ({ ...state, notes }),
    },
  },
);

const mixers = serveChannel(mixer, {
  conflate: (event) => (event.type === "levelSet" ? event.data.slider : null),
  commands: {
    setLevel: ({ input, emit }) => emit("levelSet", input),
    note({ state, input, emit }) {
      for (let count = 1; count <= input.times; count += 1) emit("noted", { notes: state.notes + count });
    },
  },
});

/** A mixer with a subscriber that has read its snapshot and nothing since. */
async function openMixer(queue: number) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({ channels: [mixers], store: createMemoryStore(), queue, logger: quiet });
  const router = t.router({ realtime: realtime.router });
  const watch = await router.createCaller({ user: { id: "ann" } }).realtime.mixer.watch({});
  const frames = watch[Symbol.asyncIterator]();
  const next = async (): Promise<AnyFrame> => {
    const { value } = await frames.next();
    if (!isTrackedEnvelope(value)) throw new Error("there is no frame");
    return value[1] as AnyFrame;
  };
  expect(await next()).toMatchObject({ kind: "snapshot", reason: "initial" });
  return { send: realtime.topic(mixer, {}).as(system).send, next, [Symbol.asyncDispose]: () => realtime.close() };
}

test("Events without a key wait for a slow subscriber up to the length of its queue, and then it starts anew", async () => {
  await using mixer = await openMixer(10);
  for (let count = 0; count < 10; count += 1) await mixer.send.note({ times: 1 });
  expect(await mixer.next()).toMatchObject({ kind: "events", from: 1, to: 10, events: { length: 10 } });
  for (let count = 0; count < 11; count += 1) await mixer.send.note({ times: 1 });
  expect(await mixer.next()).toMatchObject({ kind: "snapshot", reason: "overflow", state: { notes: 21 } });
});

test("Events of many keys wait up to the length of the queue, and those of a few keys wait for ever", async () => {
  await using mixer = await openMixer(10);
  for (let level = 0; level < 200; level += 1) await mixer.send.setLevel({ slider: `${level % 10}`, level });
  expect(await mixer.next()).toMatchObject({ kind: "events", from: 1, to: 200, events: { length: 10 } });
  for (let level = 0; level < 11; level += 1) await mixer.send.setLevel({ slider: `${level}`, level });
  expect(await mixer.next()).toMatchObject({ kind: "snapshot", reason: "overflow", offset: 211 });
});

test("A frame that is longer than the queue waits whole, and others wait behind it", async () => {
  await using mixer = await openMixer(10);
  await mixer.send.note({ times: 50 });
  for (let level = 0; level < 30; level += 1) await mixer.send.setLevel({ slider: "a", level });
  expect(await mixer.next()).toMatchObject({ kind: "events", from: 1, to: 50, events: { length: 50 } });
  expect(await mixer.next()).toMatchObject({ kind: "events", from: 51, to: 80, events: [{ offset: 80 }] });
});
