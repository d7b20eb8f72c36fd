import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accepted, failure, Line, turn } from "./support/line.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("commands of one topic", () => {
  test("are sent one at a time, in the order in which they were given", async () => {
    const line = new Line();
    line.add("first");
    line.add("second");
    line.add("elsewhere", { lane: "work" });
    await turn();
    expect(line.sent).toEqual(["first", "elsewhere"]);
    line.attempts[0]?.resolve(accepted);
    await turn();
    expect(line.sent).toEqual(["first", "elsewhere", "second"]);
  });

  test("do not overtake one that has to be sent again", async () => {
    const line = new Line();
    line.add("first");
    line.add("second");
    await turn();
    line.last().reject(failure("SERVICE_UNAVAILABLE"));
    await turn(1_000);
    expect(line.sent).toEqual(["first", "first"]);
    line.last().resolve(accepted);
    await turn();
    expect(line.sent).toEqual(["first", "first", "second"]);
  });

  test("go on after one that was refused", async () => {
    const line = new Line();
    const { outcome, told } = line.add("first");
    line.add("second");
    await turn();
    line.last().reject(failure("FORBIDDEN"));
    await expect(outcome).rejects.toMatchObject({ code: "FORBIDDEN" });
    expect(told).toEqual(["departed", "unanswered"]);
    await turn();
    expect(line.sent).toEqual(["first", "second"]);
  });
});

describe("a command", () => {
  test("that a rate limit answered is sent again when that says so, and not before", async () => {
    const line = new Line();
    const { outcome } = line.add("first");
    await turn();
    line.last().reject(failure("TOO_MANY_REQUESTS", 5_000));
    await turn(4_999);
    line.change({});
    await turn();
    expect(line.sent).toHaveLength(1);
    await turn(1);
    expect(line.sent).toHaveLength(2);
    line.last().resolve(accepted);
    expect(await outcome).toBe(accepted);
  });

  test("that a lost connection took with it waits for the next one at once", async () => {
    const line = new Line();
    line.add("first");
    await turn();
    line.change({ open: false });
    line.last().reject(failure("SERVICE_UNAVAILABLE"));
    await turn();
    expect(line.sent).toHaveLength(2);
  });

  test("is not sent over and over where there is no connection to wait for", async () => {
    const line = new Line();
    line.open = false;
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    line.add("first");
    await turn();
    line.last().reject(failure("SERVICE_UNAVAILABLE"));
    await turn(249);
    expect(line.sent).toHaveLength(1);
    await turn(1);
    expect(line.sent).toHaveLength(2);
    vi.mocked(Math.random).mockRestore();
  });

  test("is sent again as soon as there is a connection, but for what a rate limit holds", async () => {
    const line = new Line();
    line.add("limited", { lane: "work" });
    await turn();
    line.last().reject(failure("TOO_MANY_REQUESTS", 20_000));
    line.open = false;
    line.add("first");
    vi.spyOn(Math, "random").mockReturnValue(1);
    await turn();
    for (const pause of [500, 1_000, 2_000]) {
      line.last().reject(failure("TIMEOUT"));
      await turn(pause);
    }
    line.last().reject(failure("TIMEOUT"));
    await turn(1);
    expect(line.sent).toEqual(["limited", "first", "first", "first", "first"]);
    line.change({ open: true });
    await turn();
    expect(line.sent).toEqual(["limited", "first", "first", "first", "first", "first"]);
    vi.mocked(Math.random).mockRestore();
  });

  test("that was answered with something else than an error of Shoal rejects with it", async () => {
    const line = new Line();
    const { outcome } = line.add("first");
    await turn();
    line.last().reject(new TypeError("a bug"));
    await expect(outcome).rejects.toThrow("a bug");
  });

  test("says that the server may know of it when it is sent on an open connection, once for each time", async () => {
    const line = new Line();
    line.open = false;
    const { told } = line.add("first");
    await turn();
    expect(told).toEqual([]);
    line.change({ open: true });
    line.change({ open: true });
    expect(told).toEqual(["departed"]);
  });
});

describe("the bounds", () => {
  test("in number refuse what is too many, and say so, and count nothing that is under way or of others", async () => {
    const line = new Line({ maxQueued: 2 });
    line.add("under way", { lane: "work" });
    await turn();
    line.change({ userKey: "bob" });
    line.add("of another");
    line.change({ userKey: "ann" });
    line.add("first");
    line.add("second");
    const { outcome, told } = line.add("third");
    await expect(outcome).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS", message: expect.stringContaining("2 ") });
    expect(told).toEqual(["unanswered"]);
    await turn();
    line.attempts[1]?.resolve(accepted);
    await turn();
    expect(line.sent).toEqual(["under way", "first", "second"]);
  });

  test("in age refuse what was never sent, and it never is", async () => {
    const line = new Line({ maxQueuedMs: 5_000 });
    line.open = false;
    const { outcome } = line.add("first");
    await turn(5_000);
    await expect(outcome).rejects.toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("not sent") });
    line.change({ open: true });
    await turn();
    expect(line.sent).toEqual(["first"]);
    expect(line.queue.current.queued).toBe(0);
  });

  test("in age say of what was sent that it may have taken effect", async () => {
    const line = new Line({ maxQueuedMs: 5_000 });
    const { outcome } = line.add("first");
    await turn(5_000);
    await expect(outcome).rejects.toMatchObject({ code: "TIMEOUT", message: expect.stringContaining("may have") });
  });

  test("in age hold after a sleep, in which no timer runs", async () => {
    const line = new Line({ maxQueuedMs: 5_000 });
    line.userKey = "bob";
    const { outcome } = line.add("first");
    line.change({ userKey: "ann" });
    vi.setSystemTime(Date.now() + 6_000);
    line.change({ userKey: "bob" });
    await turn();
    await expect(outcome).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(line.sent).toEqual([]);
  });

  test("may be without end", async () => {
    const line = new Line({ maxQueuedMs: Number.POSITIVE_INFINITY });
    line.add("first");
    await turn(1_000);
    expect(line.sent).toEqual(["first"]);
    line.last().resolve(accepted);
  });
});

describe("commands of a user who is gone", () => {
  test("are held, are in nobody's way, and go on when their user is back", async () => {
    const line = new Line();
    line.open = false;
    line.userKey = "ann";
    line.queue.add({ lane: "home", signal: undefined, send: () => Promise.reject(failure("SERVICE_UNAVAILABLE")) });
    line.userKey = "bob";
    const { outcome } = line.add("bob's");
    line.change({ open: true });
    await turn();
    expect(line.sent).toEqual(["bob's"]);
    expect(line.queue.current).toMatchObject({ queued: 0, held: 1 });
    line.last().resolve(accepted);
    expect(await outcome).toBe(accepted);
    line.change({ userKey: "ann" });
    await turn();
    expect(line.queue.current).toMatchObject({ queued: 1, held: 0 });
  });

  test("can be discarded, and are then never sent", async () => {
    const line = new Line();
    const { outcome, told } = line.add("ann's");
    line.change({ userKey: "bob" });
    line.queue.discardHeld();
    await expect(outcome).rejects.toMatchObject({ code: "CLOSED" });
    expect(told).toEqual(["unanswered"]);
    line.change({ userKey: "ann" });
    await turn();
    expect(line.sent).toEqual([]);
  });
});

describe("the queue", () => {
  test("tells how many wait and since when, and nothing while all are under way", async () => {
    const line = new Line();
    const seen: unknown[] = [];
    line.queue.subscribe(() => seen.push(line.queue.current));
    line.add("under way");
    await turn();
    expect(seen).toEqual([]);
    line.last().resolve(accepted);
    line.change({ open: false });
    await turn();
    const since = Date.now();
    line.add("first");
    await turn(500);
    line.add("second");
    await turn();
    expect(seen).toEqual([
      { queued: 1, held: 0, oldest: since },
      { queued: 2, held: 0, oldest: since },
    ]);
    line.change({ open: true });
    await turn();
    expect(line.queue.current).toEqual({ queued: 1, held: 0, oldest: since + 500 });
  });

  test("that is closed refuses what waits, and lets what is under way be answered", async () => {
    const line = new Line();
    const underWay = line.add("first");
    const waiting = line.add("second");
    await turn();
    line.queue.close();
    await expect(waiting.outcome).rejects.toMatchObject({ code: "CLOSED" });
    await expect(line.add("third").outcome).rejects.toMatchObject({ code: "CLOSED" });
    line.last().resolve(accepted);
    expect(await underWay.outcome).toBe(accepted);
  });

  test("that is closed gives up what would have to be sent again", async () => {
    const line = new Line();
    const { outcome } = line.add("first");
    await turn();
    line.queue.close();
    line.last().reject(failure("SERVICE_UNAVAILABLE"));
    await expect(outcome).rejects.toMatchObject({ code: "CLOSED" });
  });
});
