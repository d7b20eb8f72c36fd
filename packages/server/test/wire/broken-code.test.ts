import { effect, system } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { codeOf, refusal } from "../support/connect.ts";
import {
  connectTo,
  type FragileOptions,
  fragile,
  hidden,
  loggedFault,
  startFragile,
  textsOf,
} from "../support/fragile.ts";
import { expectHealthy } from "../support/healthy.ts";
import { inTime, Recorder } from "../support/recorder.ts";

/** Options of a channel on which a note is a fault of the server's, and what the log says then. */
const faults: Record<string, { options: FragileOptions; says: RegExp }> = {
  "a handler that changes the state": {
    options: {
      note({ state, input }) {
        state.notes.push(input.text);
      },
    },
    says: /^"fragile\.note" changed what it was given\. A handler changes neither its state nor its input/,
  },
  "a handler that changes its input": {
    options: {
      note({ input, emit }) {
        Object.assign(input, { text: "x" });
        emit("noted", { text: input.text });
      },
    },
    says: /^"fragile\.note" changed what it was given\./,
  },
  "a handler that changes a part of its input": {
    options: {
      note({ input, emit }) {
        input.tags.push("x");
        emit("noted", { text: input.text });
      },
    },
    says: /^"fragile\.note" changed what it was given\./,
  },
  "a handler that emits without an end": {
    options: {
      note({ input, emit }) {
        for (let count = 0; count < 100_000; count += 1) emit("noted", { text: input.text });
      },
    },
    says: /^"fragile\.note" emitted more than 10000 events\./,
  },
  "a handler that emits a huge event": {
    options: { note: ({ emit }) => emit("noted", { text: "x".repeat(3_000_000) }) },
    says: /^"fragile\.note" emitted 3000011 bytes of events, more than the 2097152 of maxStateBytes\./,
  },
  "a handler that emits many large events": {
    options: {
      note({ emit }) {
        for (let count = 0; count < 30; count += 1) emit("noted", { text: "x".repeat(100_000) });
      },
    },
    says: /^"fragile\.note" emitted 3000330 bytes of events/,
  },
  "effects that throw": {
    options: {
      effects({ type }) {
        if (type === "noted") throw new Error("no effect");
        return [];
      },
    },
    says: /^no effect$/,
  },
  "effects that are no list": {
    options: { effects: ({ type }) => (type === "noted" ? ({} as never) : []) },
    says: /is not a function/,
  },
  "timers that throw": {
    options: { timers: ({ notes }) => (notes.length > 0 ? missing() : []) },
    says: /^no timer$/,
  },
  ...Object.fromEntries(
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5, "soon", undefined].map((at) => [
      `a timer that is due at ${at}`,
      {
        options: {
          timers: ({ notes }: { notes: string[] }) =>
            notes.length > 0 ? [{ name: "end", at: at as number, command: "ring" as const }] : [],
        },
        says: new RegExp(
          `^Channel "fragile": the timer "end" is due at ${at}\\. \`at\` is a whole number of milliseconds`,
        ),
      },
    ]),
  ),
  "two timers of one name": {
    options: {
      timers: ({ notes }) =>
        notes
          .map((_note, index) => ({ name: "end", at: index, command: "ring" as const }))
          .concat(notes.map(() => ({ name: "end", at: 2 ** 50, command: "ring" as const }))),
    },
    says: /^Channel "fragile": the timer "end" is named twice in one state\./,
  },
  "a timer of a command that the channel has not": {
    options: {
      timers: ({ notes }) => (notes.length > 0 ? [{ name: "end", at: 2 ** 50, command: "toString" as never }] : []),
    },
    says: /^Channel "fragile": the timer "end" runs the command "toString", which the channel has not\./,
  },
};

function missing(): never {
  throw new Error("no timer");
}

describe("A command fails alone, is logged under the id that its caller gets, and leaves nothing, because of", () => {
  test.each(Object.entries(faults))("%s", async (_what, { options, says }) => {
    await using app = await startFragile(options);
    await using ann = connectTo(app, "ann");
    await using ben = connectTo(app, "ben");
    const watched = ben.watch("a");
    await watched.frames.count(2);
    const answer = await refusal(ann.note("a", "x"));
    expect(answer).toEqual(hidden);
    expect(loggedFault(app)).toMatch(says);
    expect(answer.message).toContain(app.errors()[0]?.fields.requestId);
    expect(await textsOf(app, "a")).toEqual([]);
    const topic = app.realtime.topic(fragile, { place: "a" }).as(system);
    // The topic is not spoilt: what is right on it is done.
    expect(await topic.send.plan()).toEqual({ ok: true, offset: 1 });
    await watched.frames.count(3);
    expect(watched.frames.items[2]).toMatchObject({ data: { kind: "events", from: 1, to: 1 } });
    expect(watched.errors.items).toEqual([]);
    await expectHealthy(app);
  });
});

describe("A prepare", () => {
  test("that hangs is ended by its deadline, told so, and blocks nobody", async () => {
    const aborted = new Recorder<AbortSignal>();
    await using app = await startFragile({
      prepareDeadlineMs: 100,
      prepare: {
        note: ({ signal, input }: { signal: AbortSignal; input: { text: string } }) =>
          input.text === "hang"
            ? new Promise(() => signal.addEventListener("abort", () => aborted.push(signal)))
            : undefined,
      },
    } as FragileOptions);
    await using ann = connectTo(app, "ann");
    const hanging = refusal(ann.note("a", "hang"));
    expect(await ann.note("a", "x")).toEqual({ ok: true, offset: 1 });
    expect(await hanging).toEqual({
      code: "TIMEOUT",
      message: '"fragile.note" was not prepared within 100 ms. Send it again.',
    });
    expect((await aborted.count(1))[0]?.aborted).toBe(true);
    expect(await textsOf(app, "a")).toEqual(["x"]);
    expect(app.errors()).toEqual([]);
  });

  test.each([
    ["throws", () => missing()],
    ["is rejected", () => Promise.reject(new Error("no timer"))],
  ])("that %s fails its command alone", async (_what, run) => {
    await using app = await startFragile({
      prepare: { note: ({ input }: { input: { text: string } }) => (input.text === "bad" ? run() : undefined) },
    } as FragileOptions);
    await using ann = connectTo(app, "ann");
    const [bad, good] = [refusal(ann.note("a", "bad")), ann.note("a", "good")];
    expect(await bad).toEqual(hidden);
    expect(await good).toEqual({ ok: true, offset: 1 });
    expect(loggedFault(app)).toBe("no timer");
  });
});

describe("Timers of a state that was there before", () => {
  test.each([
    ["throw", () => missing()],
    ["are due at no time", () => [{ name: "end", at: Number.NaN, command: "ring" as const }]],
  ])("that %s are logged, and the topic is served without them", async (_what, timers) => {
    await using app = await startFragile({ timers: ({ notes }) => (notes.length === 0 ? timers() : []) });
    await using ann = connectTo(app, "ann");
    const watched = ann.watch("a");
    await watched.frames.count(2);
    expect(app.errors().map(({ message }) => message)).toContain("the timers of a topic could not be named");
    expect(await ann.note("a", "x")).toEqual({ ok: true, offset: 1 });
    await watched.frames.count(3);
    await expectHealthy(app);
  });
});

describe("A mint", () => {
  test.each([
    ["throws", () => missing(), /^no timer$/],
    [
      "makes params that do not fit",
      () => ({ place: "x".repeat(21) }),
      /^The `mint` of "fragile\.make" made params that its contract refuses\.$/,
    ],
    ["makes params that are none", () => "x" as never, /^The `mint` of "fragile\.make" made params/],
    ["makes nothing", () => undefined as never, /^The `mint` of "fragile\.make" made params/],
  ])("that %s is a fault of the server, and makes no topic", async (_what, make, says) => {
    await using app = await startFragile({ mint: { make } });
    await using ann = connectTo(app, "ann");
    expect(await refusal(ann.make())).toEqual(hidden);
    expect(loggedFault(app)).toMatch(says);
    await expectHealthy(app);
  });
});

describe("A presence", () => {
  const large = "x".repeat(5_000);

  test("that is too large is refused, and the others see nothing of it", async () => {
    await using app = await startFragile({});
    await using ann = connectTo(app, "ann");
    await using ben = connectTo(app, "ben");
    const seen = ben.watch("a");
    await seen.frames.count(2);
    const tooLarge = {
      code: "PAYLOAD_TOO_LARGE",
      message: expect.stringMatching(/^The presence of "fragile" has 5011 bytes/),
    };
    const refused = ann.watch("a", { presence: { mood: large }, clientId: "tab" });
    expect(codeOf((await refused.errors.count(1))[0])).toEqual(tooLarge);
    const watched = ann.watch("a", { presence: { mood: "calm" }, clientId: "tab" });
    await watched.frames.count(2);
    expect(await refusal(ann.show("a", large))).toEqual(tooLarge);
    await ann.show("a", "glad");
    await seen.frames.first((frame) => JSON.stringify(frame).includes("glad"));
    expect(JSON.stringify(seen.frames.items)).not.toContain("xxx");
    expect(app.errors()).toEqual([]);
  });
});

describe("An effect", () => {
  test("of a command that is not there is told, left to other nodes, and holds up nothing", async () => {
    await using app = await startFragile({
      effects: ({ data }) =>
        "text" in data && data.text === "bad" ? [effect(fragile, { place: "b" }, "gone" as never)] : [],
    });
    await using ann = connectTo(app, "ann");
    expect(await ann.note("a", "bad")).toEqual({ ok: true, offset: 1 });
    const line = await inTime(
      app.logged.first(({ message }) => message.startsWith("effects are left to other nodes")),
      "the log",
    );
    expect(line.fields).toMatchObject({ command: "fragile.gone" });
    expect(await ann.note("a", "good")).toEqual({ ok: true, offset: 2 });
    await expectHealthy(app);
  });
});
