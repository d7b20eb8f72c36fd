import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forgetFrame, nextFrame } from "../src/frames.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page whose frames come when the test says so. */
function paint() {
  const asked = new Map<number, () => void>();
  let last = 0;
  vi.stubGlobal("requestAnimationFrame", (run: () => void) => {
    last += 1;
    asked.set(last, run);
    return last;
  });
  vi.stubGlobal("cancelAnimationFrame", (id: number) => asked.delete(id));
  return {
    frame() {
      const runs = [...asked.values()];
      asked.clear();
      for (const run of runs) run();
    },
    asked,
  };
}

describe("What is to run in the next frame", () => {
  test("runs there, once however often it was asked for", () => {
    const page = paint();
    const [one, other] = [vi.fn(), vi.fn()];
    for (const run of [one, other, one, one]) nextFrame(run);
    expect(one).not.toHaveBeenCalled();
    expect(page.asked.size).toBe(1);
    page.frame();
    page.frame();
    expect([one.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("runs in the frame after, when it is asked for in a frame", () => {
    const page = paint();
    let runs = 0;
    const run = () => {
      runs += 1;
      if (runs === 1) nextFrame(run);
    };
    nextFrame(run);
    page.frame();
    expect(runs).toBe(1);
    page.frame();
    expect(runs).toBe(2);
  });

  test("is not put off by being asked for again and again", () => {
    const run = vi.fn();
    for (let time = 0; time < 100; time += 10) {
      nextFrame(run);
      vi.advanceTimersByTime(10);
    }
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(4);
  });

  test("does not run when it was forgotten", () => {
    const page = paint();
    const run = vi.fn();
    nextFrame(run);
    forgetFrame(run);
    page.frame();
    expect(run).not.toHaveBeenCalled();
  });

  test("runs by a timer where no frame comes, and not once more when one does after all", () => {
    const page = paint();
    const run = vi.fn();
    nextFrame(run);
    vi.advanceTimersByTime(250);
    expect(run).toHaveBeenCalledOnce();
    page.frame();
    expect(run).toHaveBeenCalledOnce();
  });

  test("runs by a timer where there are no frames at all", () => {
    const run = vi.fn();
    nextFrame(run);
    nextFrame(run);
    vi.runAllTimers();
    expect(run).toHaveBeenCalledOnce();
  });
});
