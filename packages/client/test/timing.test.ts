import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Backoff } from "../src/backoff.ts";
import { typing } from "../src/channels/rooms.ts";
import { Throttle } from "../src/throttle.ts";
import { Usage } from "../src/usage.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the delays between attempts", () => {
  test("double their limit from half a second to thirty, and begin anew after a success", () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(1);
    const backoff = new Backoff();
    const delays = Array.from({ length: 8 }, () => backoff.next());
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    backoff.reset();
    expect(backoff.next()).toBe(500);
    random.mockReturnValue(0);
    expect(backoff.next()).toBe(0);
    random.mockRestore();
  });
});

describe("a throttle", () => {
  test("runs at once, then once for all calls of an interval", () => {
    const run = vi.fn();
    const throttle = new Throttle(50, run);
    throttle.call();
    throttle.call();
    throttle.call();
    expect(run).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(50);
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(500);
    expect(run).toHaveBeenCalledTimes(2);
  });

  test("keeps its pace after a call that waited", () => {
    const run = vi.fn();
    const throttle = new Throttle(50, run);
    throttle.call();
    throttle.call();
    vi.advanceTimersByTime(60);
    throttle.call();
    expect(run).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(40);
    expect(run).toHaveBeenCalledTimes(3);
  });

  test("forgets the call that waits when it is cancelled", () => {
    const run = vi.fn();
    const throttle = new Throttle(50, run);
    throttle.call();
    throttle.call();
    throttle.cancel();
    vi.advanceTimersByTime(500);
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe("what is in use", () => {
  test("stays so a while after the last has left, and all along when somebody comes meanwhile", () => {
    const changes: boolean[] = [];
    const usage: Usage = new Usage(1_000, () => changes.push(usage.active));
    const first = usage.begin();
    const second = usage.begin();
    first();
    vi.advanceTimersByTime(5_000);
    second();
    vi.advanceTimersByTime(999);
    const third = usage.begin();
    vi.advanceTimersByTime(5_000);
    expect(changes).toEqual([true]);
    third();
    vi.advanceTimersByTime(1_000);
    expect(changes).toEqual([true, false]);
  });

  test("counts an end once, however often it is called", () => {
    const usage = new Usage(0, () => {});
    const first = usage.begin();
    usage.begin();
    first();
    first();
    vi.advanceTimersByTime(1);
    expect(usage.active).toBe(true);
  });
});

describe("the typing indicator", () => {
  test("shows typing once, however many keys are struck, and ends two seconds after the last", () => {
    const set = vi.fn();
    const { keystroke } = typing({ presence: { set } });
    keystroke();
    vi.advanceTimersByTime(1_500);
    keystroke();
    vi.advanceTimersByTime(1_999);
    expect(set.mock.calls).toEqual([[{ typing: true }]]);
    vi.advanceTimersByTime(1);
    expect(set.mock.calls).toEqual([[{ typing: true }], [{ typing: false }]]);
  });

  test("ends at once when it is stopped, and says nothing when nobody typed", () => {
    const set = vi.fn();
    const { keystroke, stop } = typing({ presence: { set } });
    stop();
    keystroke();
    stop();
    vi.advanceTimersByTime(5_000);
    expect(set.mock.calls).toEqual([[{ typing: true }], [{ typing: false }]]);
  });
});
