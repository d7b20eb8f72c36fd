import type { AnyFrame } from "@shoal/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Replica, reduce } from "../src/replica.ts";
import { type Added, eventsFrame, looseCounter, snapshotFrame, stateAfter } from "./support/frames.ts";
import { frozen } from "./support/frozen.ts";

const logs = fc.array(fc.record({ by: fc.integer({ min: -9, max: 9 }) }), { minLength: 1, maxLength: 20 });

/** A log, and the offsets at which it is cut into frames; the first is where the snapshot is. */
const cutLogs = logs.chain((log) =>
  fc
    .uniqueArray(fc.nat({ max: log.length }), { minLength: 1 })
    .map((cuts) => ({ log, cuts: [...new Set([...cuts, log.length])].sort((a, b) => a - b) })),
);

const soft: AnyFrame[] = [
  { kind: "presence", full: [{ id: "ann", clients: [] }] },
  { kind: "broadcast", name: "cheer", data: {}, from: null },
  { kind: "resumed", replayed: 0 },
];

function framesOf({ log, cuts }: { log: readonly Added[]; cuts: readonly number[] }): AnyFrame[] {
  return cuts.map((to, index) => {
    const after = cuts[index - 1];
    return after === undefined ? snapshotFrame(log, to) : eventsFrame(log, after, to);
  });
}

function reduceAll(frames: readonly AnyFrame[], from?: Replica): Replica | undefined {
  return frames.reduce<Replica | undefined>(
    (replica, frame) => reduce(looseCounter, frozen(replica), frozen(frame)),
    from,
  );
}

describe("a replica", () => {
  test("ends in the same state however the log is cut into a snapshot and frames", () => {
    fc.assert(
      fc.property(cutLogs, (cut) => {
        expect(reduceAll(framesOf(cut))).toMatchObject({ state: stateAfter(cut.log), offset: cut.log.length });
      }),
    );
  });

  test("keeps its state and its offset through everything that is no event", () => {
    fc.assert(
      fc.property(cutLogs, fc.constantFrom(...soft), (cut, frame) => {
        const before = reduceAll(framesOf(cut));
        const after = before && reduce(looseCounter, before, frame);
        expect(after?.state).toBe(before?.state);
        expect(after?.offset).toBe(before?.offset);
      }),
    );
  });

  test("refuses a frame that comes twice, too early or too late", () => {
    fc.assert(
      fc.property(cutLogs, fc.nat(), fc.nat(), (cut, a, b) => {
        const [snapshot, ...events] = framesOf(cut) as [AnyFrame, ...AnyFrame[]];
        fc.pre(events.length > 0);
        const reached = a % events.length;
        const next = b % events.length;
        fc.pre(next !== reached);
        const replica = reduceAll([snapshot, ...events.slice(0, reached)]);
        expect(reduce(looseCounter, replica, events[next] as AnyFrame)).toBeUndefined();
      }),
    );
  });

  test("moves over offsets that carry no entry, as hidden and conflated events do", () => {
    const replica = reduceAll([snapshotFrame([], 0), { kind: "events", from: 1, to: 5, events: [] }]);
    expect(replica).toMatchObject({ state: { value: 0 }, offset: 5 });
  });

  test("refuses to begin with anything but a snapshot", () => {
    for (const frame of [...soft, eventsFrame([{ by: 1 }], 0, 1)]) {
      expect(reduce(looseCounter, undefined, frame)).toBeUndefined();
    }
  });

  test("takes any snapshot, also one that is behind it", () => {
    const log = [{ by: 1 }, { by: 2 }];
    expect(reduceAll([snapshotFrame(log, 2), snapshotFrame(log, 1)])).toMatchObject({ offset: 1, state: { value: 1 } });
  });

  test("throws on an event that its contract does not have", () => {
    const frame: AnyFrame = {
      kind: "events",
      from: 1,
      to: 1,
      events: [{ offset: 1, at: 1, type: "renamed", data: {} }],
    };
    expect(() => reduceAll([snapshotFrame([], 0), frame])).toThrow('no event "renamed"');
  });
});
