import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Draining } from "../src/draining.ts";
import { spread } from "../src/spread.ts";

const never = () => new Promise<never>(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("What is spread over a time", () => {
  test("is done to each once, evenly and in an order that nobody knows before", async () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const done: [item: number, at: number][] = [];
    const began = Date.now();
    const over = spread(items, 5_000, (item) => {
      done.push([item, Date.now() - began]);
    });
    await vi.advanceTimersByTimeAsync(5_000);
    await over;
    const order = done.map(([item]) => item);
    expect(order).not.toEqual(items);
    expect(order.toSorted((a, b) => a - b)).toEqual(items);
    for (const [index, [, at]] of done.entries()) expect(Math.abs(at - index * 50)).toBeLessThanOrEqual(1);
  });

  test("is done at once where there is no time, and is over when the last of it is", async () => {
    const done: string[] = [];
    await spread(["a"], 0, async (item) => {
      await Promise.resolve();
      done.push(item);
    });
    expect(done).toEqual(["a"]);
    await spread([], 5_000, () => {});
  });
});

describe("A realtime that drains", () => {
  const start = (isClosed = () => false, spreadMs = 5_000) => new Draining({ spreadMs, isClosed });
  const watch = (drained: Promise<void>) => {
    const state = { over: false };
    void drained.then(() => {
      state.over = true;
    });
    return state;
  };

  test("is over when what is under way is, and begins nothing more", async () => {
    const draining = start();
    let end = (): void => {};
    const running = draining.during(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const drained = draining.drain();
    await expect(draining.during(async () => {})).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(draining.isReady).toBe(false);
    const state = watch(drained);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(state.over).toBe(false);
    end();
    await running;
    await drained;
  });

  test("ends subscriptions that are iterated, one after the other, and those that begin late at once", async () => {
    const draining = start();
    const told: string[] = [];
    const began = Date.now();
    const subscription = (name: string) => ({
      fail: ({ code }: { code: string }) => told.push(`${name} ${code} ${Date.now() - began}`),
    });
    const stop = [1, 2, 3, 4].map((name) => draining.follow(subscription(String(name))));
    stop[3]?.();
    const drained = draining.drain();
    await vi.advanceTimersByTimeAsync(0);
    draining.follow(subscription("late"));
    await vi.advanceTimersByTimeAsync(5_000);
    await drained;
    expect(told.filter((line) => line.startsWith("late"))).toEqual(["late SERVICE_UNAVAILABLE 0"]);
    const others = told.filter((line) => !line.startsWith("late"));
    expect(others.map((line) => line.split(" ")[0]).toSorted()).toEqual(["1", "2", "3"]);
    expect(others.map((line) => Math.round(Number(line.split(" ")[2]) / 100))).toEqual([0, 17, 33]);
  });

  test("is over within ten seconds, whatever does not end, and however long it was to be spread", async () => {
    const draining = start(undefined, 3_600_000);
    const plans: object[] = [];
    draining.register({
      drain: (plan) => {
        plans.push(plan);
        return never();
      },
    });
    void draining.during(never);
    const state = watch(draining.drain());
    await vi.advanceTimersByTimeAsync(9_999);
    expect(state.over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(state.over).toBe(true);
    expect(plans).toEqual([{ spreadMs: 7_500, deadlineMs: 9_500, graceMs: 1_000 }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("drains every transport once, also when another one fails", async () => {
    const draining = start();
    const drained: string[] = [];
    const gone = draining.register({ drain: async () => void drained.push("gone") });
    draining.register({ drain: () => Promise.reject(new Error("broken")) });
    draining.register({ drain: async () => void drained.push("here") });
    gone();
    const [first, second] = [draining.drain(), draining.drain()];
    expect(second).toBe(first);
    await first;
    expect(drained).toEqual(["here"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("waits for nothing once it is closed", async () => {
    const draining = start(() => true);
    const plans: object[] = [];
    draining.register({ drain: async (plan) => void plans.push(plan) });
    void draining.during(never);
    await draining.drain();
    expect(plans).toEqual([{ spreadMs: 0, deadlineMs: 0, graceMs: 0 }]);
  });
});
