import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Alarm } from "../src/alarm.ts";

/** A clock that is off this machine's by what it is told. */
function clockOff(skew: number) {
  const listeners = new Set<() => void>();
  return {
    now: () => Date.now() + skew,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    turnOut(next: number) {
      skew = next;
      for (const listener of listeners) listener();
    },
    listeners,
  };
}

const everySecond = (now: number) => (Math.floor(now / 1_000) + 1) * 1_000;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("An alarm", () => {
  test("rings at each instant by the server's clock, with one timer for all", () => {
    const clock = clockOff(-250);
    const alarm = new Alarm(clock);
    const rung: string[] = [];
    alarm.set(everySecond, () => rung.push(`a ${clock.now()}`));
    alarm.set(everySecond, () => rung.push(`b ${clock.now()}`));
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(249);
    expect(rung).toEqual([]);
    vi.advanceTimersByTime(1);
    vi.advanceTimersByTime(1_000);
    expect(rung).toEqual(["a 1000000", "b 1000000", "a 1001000", "b 1001000"]);
  });

  test("rings at once when the clock turns out to be another one, and then by that", () => {
    const clock = clockOff(0);
    const rung: number[] = [];
    new Alarm(clock).set(everySecond, () => rung.push(clock.now()));
    clock.turnOut(400);
    vi.advanceTimersByTime(600);
    expect(rung).toEqual([1_000_400, 1_001_000]);
  });

  test("leaves no timer and no listener behind", () => {
    const clock = clockOff(0);
    const alarm = new Alarm(clock);
    const stops = [
      alarm.set(everySecond, () => {}),
      alarm.set(
        () => Number.POSITIVE_INFINITY,
        () => {},
      ),
    ];
    for (const stop of stops) stop();
    expect([vi.getTimerCount(), clock.listeners.size]).toEqual([0, 0]);
  });

  test("waits for what is further away than a timer reaches", () => {
    const clock = clockOff(0);
    const inFiftyDays = clock.now() + 50 * 86_400_000;
    const rung: number[] = [];
    new Alarm(clock).set(
      (now) => (now < inFiftyDays ? inFiftyDays : Number.POSITIVE_INFINITY),
      () => rung.push(clock.now()),
    );
    vi.advanceTimersByTime(60 * 86_400_000);
    expect(rung).toEqual([inFiftyDays]);
  });

  test("rings as often as each period says, whatever the periods and however the time passes", () => {
    const periods = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 });
    const steps = fc.array(fc.integer({ min: 0, max: 7_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(periods, steps, fc.integer({ min: -10_000, max: 10_000 }), (periods, steps, skew) => {
        const clock = clockOff(skew);
        const alarm = new Alarm(clock);
        const from = clock.now();
        const rung = periods.map(() => 0);
        const stops = periods.map((period, index) =>
          alarm.set(
            (now) => (Math.floor(now / period) + 1) * period,
            () => (rung[index] = (rung[index] ?? 0) + 1),
          ),
        );
        for (const step of steps) vi.advanceTimersByTime(step);
        const wanted = periods.map((period) => Math.floor(clock.now() / period) - Math.floor(from / period));
        for (const stop of stops) stop();
        expect(rung).toEqual(wanted);
      }),
    );
  });
});
