import type { Channel } from "@shoal/contract";
import { checkConflation } from "@shoal/server/testing";
import { describe, expect, it } from "vitest";
import {
  type Board,
  type BoardView,
  board,
  byCard,
  type Conflate,
  type Merge,
  options,
  said,
  serve,
  withApply,
} from "./board.ts";

describe("The law of conflation finds", () => {
  let count = 0;
  const adding = withApply({ moved: (state, { x }) => ({ ...state, changes: state.changes + x }) });
  const counting = withApply({
    moved: (state, moved) => ({ ...board.apply.moved(state, moved), changes: state.changes + 1 }),
  });
  const broken: Record<string, { conflate: Conflate; channel?: Channel<Board>; at: string }> = {
    "events that add instead of setting": { conflate: byCard, channel: adding, at: "changes" },
    "a count beside the value": { conflate: byCard, channel: counting, at: "changes" },
    "a key for all": { conflate: () => "all", at: "" },
    "a key that is too coarse": { conflate: ({ type }) => (type === "moved" ? "moved" : null), at: "cards" },
    "a key for what is appended": { conflate: ({ type }) => (type === "noted" ? "note" : null), at: "notes" },
    "a key that is another each time": {
      conflate: ({ type }) => (type === "noted" ? `note:${count++ % 2}` : null),
      at: "notes",
    },
  };

  it.each(Object.entries(broken))("%s", (_what, { conflate, channel, at }) => {
    const message = said(() => checkConflation(serve({ conflate }, channel), options));
    expect(message).toMatch(/^The law of conflation does not hold for the channel "board"\./);
    expect(message).toMatch(
      /has with what is sent .*\n {2}has with all of them .*\nThe first difference is at \S+: .*, and .*\./,
    );
    if (at) expect(message).toContain(`The first difference is at ${at}`);
  });

  it("what is lost for an audience alone", () => {
    const view: BoardView = {
      state: (whole, audience) => (audience === "staff" ? whole : { ...whole, changes: 0 }),
      event: (whole, audience) =>
        audience === "public" && whole.type === "moved" ? { type: "renamed", data: { title: whole.data.card } } : whole,
    };
    const conflate = (event: { type: string; data: object }) => ("title" in event.data ? "title" : null);
    const appending = withApply({ renamed: (state, { title }) => ({ ...state, title: state.title + title }) });
    const message = said(() => checkConflation(serve({ view, conflate }, appending), options));
    expect(message).toContain("The first difference is at title");
  });

  const summing: Merge = (earlier, later) =>
    earlier.type === "moved" && later.type === "moved"
      ? { type: "moved", data: { ...later.data, x: earlier.data.x + later.data.x } }
      : later;
  const onlyAdding = withApply({ moved: (state, { x }) => ({ ...state, changes: state.changes + x }) });

  it("nothing where events that add are merged into one that adds both", () => {
    checkConflation(serve({ conflate: byCard, merge: summing }, onlyAdding), options);
    expect(said(() => checkConflation(serve({ conflate: byCard }, onlyAdding), options))).not.toBe("");
  });

  const wrongMerges: Record<string, { merge: Merge; says: RegExp }> = {
    "a merge that forgets the earlier one": {
      merge: (_earlier, later) => later,
      says: /The first difference is at changes: /,
    },
    "a merge to another key": {
      merge: (_earlier, later) => (later.type === "moved" ? { ...later, data: { ...later.data, card: "c" } } : later),
      says: /`merge` made of two events with the key "moved:[ab]" one of another key/,
    },
    "a merge to what is no event": {
      merge: () => ({ type: "toString" as never, data: {} as never }),
      says: /`merge` made a "toString", which is none of the channel's events/,
    },
    "a merge that changes what it was given": {
      merge: (earlier, later) => Object.assign(earlier, later),
      says: /`merge` changed what it was given/,
    },
    "a merge that throws": {
      merge: () => {
        throw new Error("no glue");
      },
      says: /`merge` threw: no glue/,
    },
  };

  it.each(Object.entries(wrongMerges))("%s", (_what, { merge, says }) => {
    const message = said(() => checkConflation(serve({ conflate: byCard, merge }, onlyAdding), options));
    expect(message).toMatch(/^The law of conflation does not hold for the channel "board"\./);
    expect(message).toMatch(says);
  });

  it("a merge that is right for one frame and wrong for two that wait", () => {
    // A merge that was merged before is told by its y, and adds nothing more.
    const onceOnly: Merge = (earlier, later) => {
      if (earlier.type !== "moved" || later.type !== "moved") return later;
      const x = later.data.y === 99 ? earlier.data.x : earlier.data.x + later.data.x;
      return { type: "moved", data: { ...later.data, x, y: 99 } };
    };
    const message = said(() => checkConflation(serve({ conflate: byCard, merge: onceOnly }, onlyAdding), options));
    expect(message).toContain("wait in two frames and are sent as one");
  });

  it("a conflate that throws", () => {
    const conflate = () => {
      throw new Error("no key");
    };
    expect(said(() => checkConflation(serve({ conflate }), options))).toContain("`conflate` threw: no key");
  });
});
