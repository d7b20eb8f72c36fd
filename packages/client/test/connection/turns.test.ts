import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Turns } from "../../src/connection/turns.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Guests with names, who come back to the end of the line when they yield; those of upper case do not yield. */
function open(places: number, turn = 1_000) {
  const inside: string[] = [];
  const turns = new Turns(() => places, turn);
  const enter = (name: string): (() => void) => {
    const out = () => {
      if (inside.includes(name)) inside.splice(inside.indexOf(name), 1);
      leave();
    };
    const leave = turns.enter({
      begin: () => void inside.push(name),
      yield: () => {
        if (name === name.toUpperCase()) return false;
        out();
        enter(name);
        return true;
      },
    });
    return out;
  };
  return { inside, enter };
}

describe("A few places", () => {
  test("are given to who comes first, and to the next when somebody leaves", () => {
    const { inside, enter } = open(2);
    const [a] = ["a", "b", "c"].map(enter);
    expect(inside).toEqual(["a", "b"]);
    a?.();
    expect(inside).toEqual(["b", "c"]);
    vi.advanceTimersByTime(10_000);
    expect(inside).toEqual(["b", "c"]);
  });

  test("are yielded one by one while somebody waits, so that everybody has one again and again", () => {
    const { inside, enter } = open(2);
    for (const name of ["a", "b", "c", "d", "e"]) enter(name);
    const seen = new Map<string, number>();
    for (let turn = 0; turn < 20; turn += 1) {
      for (const name of inside) seen.set(name, (seen.get(name) ?? 0) + 1);
      expect(inside).toHaveLength(2);
      vi.advanceTimersByTime(1_000);
    }
    expect([...seen.values()]).toEqual([8, 8, 8, 8, 8]);
  });

  test("are kept by who cannot yield, and the others take turns", () => {
    const { inside, enter } = open(2);
    for (const name of ["A", "b", "c"]) enter(name);
    vi.advanceTimersByTime(1_000);
    expect(inside).toEqual(["A", "c"]);
    vi.advanceTimersByTime(1_000);
    expect(inside).toEqual(["A", "b"]);
  });

  test("are not waited for by who has left", () => {
    const { inside, enter } = open(1);
    enter("a");
    enter("b")();
    vi.advanceTimersByTime(5_000);
    expect(inside).toEqual(["a"]);
  });
});
