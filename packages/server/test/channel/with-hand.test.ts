import { defineChannel } from "@shoal/contract";
import {
  type AnyServed,
  createMemoryStore,
  initRealtime,
  serveChannel,
  system,
  type User,
  withHand,
} from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";

const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });

const note = defineChannel(
  "note",
  {
    params: z.object({ userId: z.string() }),
    state: z.object({ notes: z.array(z.string()) }),
    events: { noted: z.object({ text: z.string() }) },
    commands: { note: { input: z.object({ text: z.string() }), internal: true } },
  },
  { initial: () => ({ notes: [] }), apply: { noted: ({ notes }, { text }) => ({ notes: [...notes, text] }) } },
);
const sweep = defineChannel(
  "sweep",
  { params: z.object({}), state: z.object({}), events: {} },
  { initial: () => ({}), apply: {} },
);

const notes = withHand(
  serveChannel(note, { commands: { note: ({ input, emit }) => emit("noted", input) } }),
  (realtime) => ({
    write: async (userId: string, text: string) => {
      await realtime.topic(note, { userId }).as(system).send.note({ text });
    },
  }),
);

describe("What a served channel brings for the server's own code", () => {
  test("is under its name, and acts on that realtime", async () => {
    const realtime = createRealtime({ channels: [notes], store: createMemoryStore(), logger: quiet });
    const other = createRealtime({ channels: [notes], store: createMemoryStore(), logger: quiet });
    await realtime.note.write("ann", "hello");
    await other.note.write("ann", "and elsewhere");
    expect(await realtime.topic(note, { userId: "ann" }).as(system).state()).toEqual({ notes: ["hello"] });
    expect(realtime.ready).toBe(true);
    await Promise.all([realtime.close(), other.close()]);
  });

  test("is refused under the name of a member of the realtime", () => {
    const handed: AnyServed = withHand(serveChannel(sweep, {}), () => ({}));
    expect(() => createRealtime({ channels: [handed], store: createMemoryStore(), logger: quiet })).toThrow(
      'The channel "sweep" brings functions, and `realtime.sweep` is something else. Rename the channel.',
    );
  });
});
