import type { TaggedEvent } from "@shoal/contract";
import { serveChannel } from "@shoal/server";
import { checkCompaction } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tries } from "../support/seed.ts";
import { compacted, entriesOf, type Journal, journal } from "./journal.ts";

type State = Journal["state"];

const id = fc.constantFrom("a", "b", "c");

const options = {
  params: { journalId: "home" },
  events: fc.oneof(
    fc.record({ type: fc.constant("written" as const), data: fc.record({ id, text: fc.string() }) }),
    fc.record({ type: fc.constant("takenBack" as const), data: fc.record({ id }) }),
  ) as fc.Arbitrary<TaggedEvent<Journal["events"]>>,
  equal: (one: State, other: State) => JSON.stringify(entriesOf(one)) === JSON.stringify(entriesOf(other)),
  run: tries(60),
};

interface Serving {
  readonly compact?: (state: State) => State | Promise<State>;
  readonly view?: (state: State) => State;
  readonly due?: (state: State) => number;
}

function serve({ compact, view, due }: Serving) {
  return serveChannel(journal, {
    ...(compact && { compact }),
    ...(view && { audiences: ["readers"], audience: () => "readers", view: { state: view, event: (event) => event } }),
    ...(due && { timers: (state) => [{ name: "count", at: due(state), command: "count" }] as never }),
    commands: { write: () => {}, takeBack: () => {}, count: () => ({ entries: 0, written: 0 }) },
  });
}

describe("The law of compaction", () => {
  it("holds for a channel that keeps it", async () => {
    await checkCompaction(serve({ compact: async (state) => compacted(state) }), options);
    await checkCompaction(serve({ compact: (state) => state, due: ({ tail }) => tail.length }), options);
  });

  const broken: Record<string, Serving & { readonly says: RegExp }> = {
    "a compaction that loses an entry": {
      compact: (state) => compacted({ ...state, tail: state.tail.slice(1) }),
      says: /These events break it:\n {2}1\. written .*\n.*after event 1, .* the state\n.*\n.*\nThe two are not equal/,
    },
    "a compaction that turns the order": {
      compact: (state) => compacted({ ...state, tail: state.tail.toReversed() }),
      says: /1\. written .*\n {2}2\. written/,
    },
    "a compaction that forgets what was taken back": {
      compact: (state) => ({ base: JSON.stringify([{ id: "x", text: "" }]), tail: [...entriesOf(state)] }),
      says: /before the first event the state/,
    },
    "one that is good once and not for what it made itself": {
      compact: (state) => (state.base === "[]" ? compacted(state) : { base: "[]", tail: state.tail }),
      says: /compacted after each, the state/,
    },
    "one that changes what it was given": {
      compact: (state) => Object.assign(state, { tail: [] }),
      says: /`compact` changed what it was given/,
    },
    "one that makes no state": {
      compact: () => ({ base: "[]" }) as State,
      says: /`compact` threw: .*compacted state of "journal"/,
    },
    "one that throws": {
      compact: () => Promise.reject(new Error("no worker")),
      says: /`compact` threw: no worker/,
    },
    "a view that looks at the representation": {
      compact: compacted,
      view: ({ tail }) => ({ base: JSON.stringify(tail), tail: [] }),
      says: /what the audience "readers" sees of the state/,
    },
    "timers that look at the representation": {
      compact: compacted,
      due: ({ tail }) => tail.length,
      says: /what is due\n.*was so.*"at":1.*\n.*"at":0/,
    },
  };

  it.each(Object.entries(broken))("finds %s", async (_what, { says, ...serving }) => {
    await expect(checkCompaction(serve(serving), options)).rejects.toThrow(says);
    await expect(checkCompaction(serve(serving), options)).rejects.toThrow(/run: \{ seed: -?\d+, path: "/);
  });

  it("finds an apply that does something else with a compacted state", async () => {
    const counting = serveChannel(
      {
        ...journal,
        apply: {
          ...journal.apply,
          written: ({ base, tail }: State, entry: { id: string; text: string }) => ({
            base,
            tail: [...tail, { ...entry, text: `${tail.length}` }],
          }),
        },
      } as typeof journal,
      {
        compact: compacted,
        commands: { write: () => {}, takeBack: () => {}, count: () => ({ entries: 0, written: 0 }) },
      },
    );
    await expect(checkCompaction(counting, options)).rejects.toThrow(/1\. written .*\n {2}2\. written/);
  });

  it("needs a compaction", async () => {
    await expect(checkCompaction(serve({}), options)).rejects.toThrow("has no compaction to check");
  });
});
