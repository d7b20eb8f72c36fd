import { validate, version } from "uuid";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newCommandId } from "../src/new-command-id.ts";

/** How far it may be from the beginning of time to the last day of a UUID, in milliseconds. */
const times = [0, 1, 0xffff_ffff, Date.UTC(2026, 0, 1), 2 ** 48 - 1];

afterEach(() => {
  vi.useRealTimers();
});

describe("the id of a command", () => {
  test("is a UUID of version 7, whatever is random in it", () => {
    for (let count = 0; count < 10_000; count += 1) {
      const id = newCommandId();
      expect([id, validate(id), version(id)]).toEqual([id, true, 7]);
    }
  });

  test("is another one each time", () => {
    expect(new Set(Array.from({ length: 10_000 }, newCommandId)).size).toBe(10_000);
  });

  test("begins with the time, so that ids sort by it", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const ids = times.map((time) => {
      vi.setSystemTime(time);
      return newCommandId();
    });
    expect(ids.map((id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16))).toEqual(times);
    expect(ids.toSorted()).toEqual(ids);
  });
});
