import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { accepted, failure, Line, turn } from "./support/line.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a command that is taken back", () => {
  test("in the turn in which it was given is never sent", async () => {
    const line = new Line();
    const controller = new AbortController();
    const { outcome, told } = line.add("first", { signal: controller.signal });
    controller.abort("changed my mind");
    await turn();
    await expect(outcome).rejects.toBe("changed my mind");
    expect(line.sent).toEqual([]);
    expect(told).toEqual(["unanswered"]);
  });

  test("before it was given is never sent", async () => {
    const line = new Line();
    const { outcome } = line.add("first", { signal: AbortSignal.abort("too late") });
    await expect(outcome).rejects.toBe("too late");
    await turn();
    expect(line.sent).toEqual([]);
  });

  test("while it waits for the connection is never sent", async () => {
    const line = new Line();
    line.open = false;
    const controller = new AbortController();
    const { outcome } = line.add("first", { signal: controller.signal });
    await turn();
    controller.abort("changed my mind");
    await expect(outcome).rejects.toBe("changed my mind");
    line.change({ open: true });
    await turn();
    expect(line.sent).toEqual(["first"]);
    await expect(line.queue.current).toEqual({ queued: 0, held: 0, oldest: undefined });
  });

  test("while a rate limit makes it wait is not sent again", async () => {
    const line = new Line();
    const controller = new AbortController();
    const { told } = line.add("first", { signal: controller.signal });
    await turn();
    line.last().reject(failure("TOO_MANY_REQUESTS", 5_000));
    await turn();
    controller.abort();
    await turn(10_000);
    expect(line.sent).toHaveLength(1);
    expect(told).toEqual(["departed", "unanswered"]);
  });

  test("once the server may have it rejects at once, and goes on until it is known what became of it", async () => {
    const line = new Line();
    const controller = new AbortController();
    const { outcome, told } = line.add("first", { signal: controller.signal });
    await turn();
    controller.abort("changed my mind");
    await expect(outcome).rejects.toBe("changed my mind");
    expect(told).toEqual(["departed"]);
    line.change({ open: false });
    line.last().reject(failure("SERVICE_UNAVAILABLE"));
    await turn();
    line.change({ open: true });
    line.last().resolve(accepted);
    await turn();
    expect(line.sent).toHaveLength(2);
    expect(told).toEqual(["departed", "departed", "answered"]);
  });
});

describe("a signal", () => {
  test("that outlives its commands is left alone once they are answered", async () => {
    const line = new Line();
    const { signal } = new AbortController();
    line.add("first", { signal });
    await turn();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    line.last().resolve(accepted);
    await turn();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
