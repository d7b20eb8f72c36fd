import type { TaggedEvent, TypesOf } from "@shoal/contract";
import { checkApply, checkConflation, checkView } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lot, lots } from "./auction.ts";
import { type Apply, type BoardView, board, byCard, options, said, serve, withApply, withoutNotes } from "./board.ts";

type Events<T> = fc.Arbitrary<T>;
type LotEvent = TaggedEvent<TypesOf<typeof lot>["events"]>;

const lotEvents = fc.oneof(
  fc.record({ type: fc.constant("opened"), data: fc.record({ title: fc.string(), endsAt: fc.nat() }) }),
  fc.record({ type: fc.constant("bidPlaced"), data: fc.record({ price: fc.nat() }) }),
  fc.record({ type: fc.constant("noted"), data: fc.record({ text: fc.string() }) }),
  fc.constant({ type: "closed", data: {} }),
) as Events<LotEvent>;

describe("The laws hold for a channel that keeps them", () => {
  const seeds = Array.from({ length: 20 }, (_, index) => index * 7_919);
  const lotOptions = { params: { lotId: "1" }, events: lotEvents };

  it.each(seeds)("with the seed %i", (seed) => {
    checkApply(lot, { ...lotOptions, run: { seed } });
    checkView(lots, { ...lotOptions, run: { seed } });
    checkConflation(lots, { ...lotOptions, run: { seed } });
    checkApply(board, { ...options, run: { seed } });
    checkConflation(serve({ conflate: byCard }), { ...options, run: { seed } });
    checkView(serve({ view: withoutNotes }), { ...options, run: { seed } });
    // An event without a key may look at what those with one have done: nothing is left out across it.
    const copying = withApply({ noted: (state) => ({ ...state, notes: [...state.notes, state.title] }) });
    checkConflation(serve({ conflate: byCard }, copying), { ...options, run: { seed } });
  });
});

describe("The law of apply finds", () => {
  let count = 0;
  const cache = new Map<string, number>();
  const broken: Record<string, { apply: Partial<Apply>; says: RegExp }> = {
    "an apply that changes the state it was given": {
      apply: { renamed: (state, { title }) => Object.assign(state, { title }) },
      says: /`apply.renamed` changed what it was given/,
    },
    "an apply that changes a part of the state": {
      apply: {
        noted(state, { text }) {
          state.notes.push(text);
          return { ...state };
        },
      },
      says: /`apply.noted` changed what it was given/,
    },
    "an apply that changes the data of the event": {
      apply: { renamed: (state, data) => ({ ...state, title: Object.assign(data, { title: "same" }).title }) },
      says: /`apply.renamed` changed what it was given/,
    },
    "an apply that looks at the clock": {
      apply: { noted: (state) => ({ ...state, changes: Date.now() }) },
      says: /The first difference is at changes: \d+, and \d+\./,
    },
    "an apply that makes a date": {
      apply: { noted: (state) => ({ ...state, changes: new Date().getFullYear() }) },
      says: /The first difference is at changes: \d+, and \d+\./,
    },
    "an apply that throws dice": {
      apply: { noted: (state) => ({ ...state, changes: Math.random() }) },
      says: /The first difference is at changes: /,
    },
    "an apply that counts outside": {
      apply: { noted: (state) => ({ ...state, changes: count++ }) },
      says: /The first difference is at changes: \d+, and \d+\./,
    },
    "an apply that remembers what it has seen": {
      apply: {
        moved(state, { card: moved }) {
          cache.set(moved, (cache.get(moved) ?? 0) + 1);
          return { ...state, changes: cache.get(moved) ?? 0 };
        },
      },
      says: /The first difference is at changes: \d+, and \d+\./,
    },
    "an apply that keeps in the state what cannot be stored": {
      apply: {
        noted: (state) => ({
          ...state,
          title: (state.title as unknown) instanceof Map ? "a map" : (new Map() as never),
        }),
      },
      says: /The first difference is at title: "a map", and \{\}\./,
    },
    "an apply that throws": {
      apply: {
        noted: () => {
          throw new Error("no ink");
        },
      },
      says: /`apply.noted` threw: no ink/,
    },
  };

  it.each(Object.entries(broken))("%s", (_what, { apply, says }) => {
    const message = said(() => checkApply(withApply(apply), options));
    expect(message).toMatch(/^The law of apply does not hold for the channel "board"\./);
    expect(message).toMatch(says);
  });

  it("an initial state that is another each time", () => {
    const channel = { ...board, initial: () => ({ ...board.initial({}), changes: Date.now() }) };
    const message = said(() => checkApply(channel, options));
    expect(message).toContain("No event is needed to break it:\nbefore the first event the state");
  });

  it("leaves the clock as it was", () => {
    const before = Date;
    checkApply(board, options);
    said(() => checkApply(withApply({ noted: () => Date.now() as never }), options));
    expect(Date).toBe(before);
  });
});

describe("The law of views finds", () => {
  const served = new WeakSet<object>();
  let last = "";
  const { state, event } = withoutNotes;
  const broken: Record<string, { view: BoardView; says: RegExp }> = {
    "a view that hides an event and shows what it did": {
      view: { state: (whole) => whole, event },
      says: /the audience "public"\n {2}has by its events .*\n {2}sees of the state .*\nThe first difference is at notes/,
    },
    "a view that shows an event and hides what it did": {
      view: { state, event: (whole) => whole },
      says: /the audience "public"\n.*\n.*\nThe first difference is at notes/,
    },
    "a view that hides an event which changes more than is hidden": {
      view: { state, event: (whole, audience) => (audience === "staff" || whole.type === "moved" ? whole : null) },
      says: /the audience "public"\n.*\n.*\nThe first difference is at title/,
    },
    "a view that cuts an event otherwise than the state": {
      view: {
        state: (whole, audience) => (audience === "staff" ? whole : { ...whole, title: whole.title.slice(0, 1) }),
        event: (whole) => whole,
      },
      says: /the audience "public"\n.*\n.*\nThe first difference is at title/,
    },
    "a view that sums up what one event does not tell": {
      view: {
        state: (whole, audience) =>
          audience === "staff" ? whole : { ...whole, notes: [], changes: whole.notes.length },
        event,
      },
      says: /the audience "public"\n.*\n.*\nThe first difference is at changes: 0, and 1\./,
    },
    "a view that depends on whom it was asked for before": {
      view: {
        state: (whole, audience) => {
          const before = last;
          last = audience;
          return { ...whole, title: before === audience ? whole.title : "" };
        },
        event: (whole) => (whole.type === "renamed" ? null : whole),
      },
      says: /the audience "|in another order/,
    },
    "a view that serves whoever asks first": {
      view: {
        state: (whole) => whole,
        event(whole) {
          const first = !served.has(whole);
          served.add(whole);
          return first ? whole : null;
        },
      },
      says: /the audience "public"\n/,
    },
    "a view that changes the state it was given": {
      view: { state: (whole) => Object.assign(whole, { notes: [] }), event },
      says: /`view.state` changed what it was given/,
    },
    "a view that changes the event it was given": {
      view: {
        state,
        event: (whole) => {
          if (whole.type === "noted") Object.assign(whole.data, { text: "" });
          return whole;
        },
      },
      says: /`view.event` changed what it was given/,
    },
    "a view that throws for one event": {
      view: {
        state,
        event: (whole) => {
          if (whole.type === "noted") throw new Error("no glasses");
          return whole;
        },
      },
      says: /`view.event` threw: no glasses/,
    },
  };

  it.each(Object.entries(broken))("%s", (_what, { view, says }) => {
    const message = said(() => checkView(serve({ view }), options));
    expect(message).toMatch(/^The law of views does not hold for the channel "board"\./);
    expect(message).toMatch(says);
  });
});

describe("What a user is told", () => {
  it("names the law, the fewest events that break it, the two states, what to do, and how to run it again", () => {
    const view: BoardView = { state: (whole) => whole, event: withoutNotes.event };
    const message = said(() => checkView(serve({ view }), { ...options, run: { seed: 1 } }));
    expect(message.replace(/path: ".*"/, 'path: "…"')).toBe(`The law of views does not hold for the channel "board".
These events break it:
  1. noted {"text":""}
after event 1 the audience "public"
  has by its events  {"title":"","cards":{},"notes":[],"changes":0}
  sees of the state  {"title":"","cards":{},"notes":[""],"changes":0}
The first difference is at notes[0]: nothing, and "".
What an audience sees of a state may only change by an event that the audience sees, and by what it sees of it. Hide in \`state\` what \`event\` hides, and nothing else.
To run it again: run: { seed: 1, path: "…" }`);
  });

  it("runs the same failure again", () => {
    const channel = withApply({ renamed: (state, { title }) => Object.assign(state, { title }) });
    const message = said(() => checkApply(channel, { ...options, run: { seed: 5 } }));
    const [, seed, path] = /seed: (-?\d+), path: "(.*)"/.exec(message) ?? [];
    const again = said(() => checkApply(channel, { ...options, run: { seed: Number(seed), path: path ?? "" } }));
    expect(again.split("\n").slice(0, 4)).toEqual(message.split("\n").slice(0, 4));
  });

  it("keeps the error of the user's own code as the cause", () => {
    const own = new Error("no ink");
    const channel = withApply({
      noted: () => {
        throw own;
      },
    });
    let thrown: unknown;
    try {
      checkApply(channel, options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ cause: { cause: own } });
  });
});
