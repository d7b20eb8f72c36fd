import { ShoalError } from "@shoal/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attemptOf, type ConnectionEvent, type Loss } from "../../src/connection/machine.ts";
import { busy, forbidden, lost, Run, unauthorized } from "./support/run.ts";

/** For how long the next attempt waits, in milliseconds; undefined where none is planned. */
function delay(run: Run): number | undefined {
  const attempt = attemptOf(run.machine);
  return attempt?.step === "waiting" && attempt.at !== undefined ? attempt.at - run.now : undefined;
}

/** Goes on to the attempt that waits. */
function next(run: Run): Run {
  run.pass(delay(run) ?? 0, () => run.now);
  return run;
}

describe("The delay before an attempt", () => {
  test("has a limit that doubles from half a second to thirty, and chance decides below it", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const run = new Run();
        run.do({ type: "use" });
        run.random = random;
        for (const limit of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
          expect(delay(run.fail())).toBeCloseTo(random * limit, 6);
          run.do({ type: "retry" });
        }
      }),
    );
  });

  test("goes on to grow where lines are lost soon, and begins anew where one was open for thirty seconds", () => {
    const run = new Run().connect();
    const lose = () => run.do({ type: "lost", line: run.line, loss: lost });
    const heard = () => run.now;
    for (const limit of [500, 1_000, 2_000, 4_000]) {
      run.pass(29_999, heard);
      lose();
      expect(delay(run)).toBe(limit / 2);
      next(run).open();
    }
    run.pass(30_000, heard);
    lose();
    expect(delay(run)).toBe(250);
  });

  test("is as long as the server wants it, and chance comes on top", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: busy(20_000) });
    expect(delay(run)).toBe(20_250);
    for (const type of ["online", "visible", "thawed"] as const) expect(run.do({ type })).toEqual([]);
    run.do({ type: "frozen" });
    expect(run.do({ type: "thawed" })).toEqual([]);
    run.pass(20_000);
    expect(run.do({ type: "visible" })).toMatchObject([{ type: "ask" }]);
  });

  test("is never longer than five minutes for the server's sake", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: busy(1e12) });
    expect(delay(run)).toBe(300_250);
  });

  test("is not waited for by who wants to connect now", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: busy(20_000) });
    expect(run.do({ type: "retry" })).toMatchObject([{ type: "ask" }]);
  });
});

describe("While there is no connection, one sees", () => {
  test("that it connects, at first", () => {
    const run = new Run();
    run.do({ type: "use" });
    expect(run.machine.shown).toMatchObject({ status: "connecting", error: undefined, since: run.moment.wall });
  });

  test("which attempt is next, when it begins, and why it is needed", () => {
    const run = new Run().connect();
    run.pass(60_000, () => run.now);
    const since = run.moment.wall;
    run.do({ type: "lost", line: run.line, loss: lost });
    expect(run.machine.shown).toMatchObject({
      status: "reconnecting",
      attempt: 1,
      retryAt: since + 250,
      error: lost.error,
    });
    next(run);
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", attempt: 1, retryAt: undefined, since });
    run.fail();
    expect(run.machine.shown).toMatchObject({ attempt: 2, retryAt: run.moment.wall + 500, since });
    next(run).open();
    expect(run.machine.shown).toMatchObject({ status: "open", transport: "websocket", error: undefined });
  });

  test("at once that the device has no network, and attempts go on in case it is not true", () => {
    const run = new Run().connect();
    run.do({ type: "offline" });
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", offline: true });
    next(run).fail();
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", offline: true, attempt: 2 });
    expect(run.do({ type: "online" })).toMatchObject([{ type: "ask" }]);
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", offline: false });
  });

  test("that there was no network from the start", () => {
    const run = new Run();
    run.do({ type: "offline" });
    run.do({ type: "use" });
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", offline: true, attempt: 1 });
  });
});

describe("An attempt", () => {
  test.each(["asking", "dialing"])("fails when %s takes too long, and its line is dropped", (step) => {
    const run = new Run();
    run.do({ type: "use" });
    const { line } = run;
    if (step === "dialing") run.do({ type: "token", line, token: null });
    run.pass(10_000);
    expect(run.effects.at(-1)).toMatchObject({ type: "drop", line });
    expect(run.machine.shown).toMatchObject({ status: "reconnecting", error: { code: "SERVICE_UNAVAILABLE" } });
  });
});

describe("A user whom the server refuses", () => {
  test("is given up at once where another token would not help", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: forbidden });
    expect(run.machine.shown).toMatchObject({ status: "failed", error: { code: "FORBIDDEN" } });
  });

  test("has one more token asked for, at once, and is then given up", () => {
    const run = new Run().connect();
    expect(run.do({ type: "lost", line: run.line, loss: unauthorized })).toMatchObject([
      { type: "drop" },
      { type: "ask" },
    ]);
    run.open();
    const effects = run.do({ type: "lost", line: run.line, loss: unauthorized });
    expect(run.machine.shown).toMatchObject({ status: "failed", error: { code: "UNAUTHORIZED" } });
    expect(effects).toMatchObject([{ type: "refuse", error: { code: "UNAUTHORIZED" } }, { type: "drop" }]);
  });

  test("has another chance once the server has answered, but not in a hurry", () => {
    const run = new Run().connect();
    for (const limit of [0, 1_000, 2_000]) {
      run.do({ type: "answered", line: run.line });
      run.do({ type: "lost", line: run.line, loss: unauthorized });
      expect(delay(run) ?? 0).toBe(limit / 2);
      next(run).open();
    }
    expect(run.status).toBe("open");
  });

  test("may try again, as from the start", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: forbidden });
    run.do({ type: "use" });
    expect(run.machine.shown).toMatchObject({ status: "connecting", error: undefined });
    run.open().do({ type: "lost", line: run.line, loss: unauthorized });
    expect(run.status).toBe("reconnecting");
  });
});

describe("A server that wants its clients to connect anew", () => {
  /** A line that has been open for long, and is to be left. */
  function asked(): Run {
    const run = new Run().connect();
    run.pass(60_000, () => run.now);
    run.do({ type: "reconnect", line: run.line });
    return run;
  }

  test("keeps the line until the next is open, which takes its place", () => {
    const run = asked();
    const first = run.line;
    run.do({ type: "token", line: run.attemptedLine, token: "t" });
    expect(run.status).toBe("open");
    const second = run.attemptedLine;
    expect(run.do({ type: "opened", line: second })).toEqual([
      { type: "adopt", line: second },
      { type: "retire", line: first },
    ]);
  });

  test("closes the line meanwhile, and the attempt goes on", () => {
    const run = asked();
    const second = run.attemptedLine;
    run.do({ type: "lost", line: run.line, loss: lost });
    expect(run.status).toBe("reconnecting");
    expect(run.attemptedLine).toBe(second);
  });

  test("is asked again and again, with the delays of any other attempt", () => {
    const run = asked();
    for (const limit of [500, 1_000, 2_000]) {
      expect(delay(run.fail())).toBe(limit / 2);
      next(run);
    }
    expect(run.status).toBe("open");
  });

  test("is not obeyed in a hurry when it says so again and again", () => {
    const run = new Run().connect();
    for (const limit of [500, 1_000, 2_000]) {
      run.do({ type: "reconnect", line: run.line });
      expect(delay(run)).toBe(limit / 2);
      next(run).open();
    }
  });
});

describe("Whatever happens,", () => {
  const loss: fc.Arbitrary<Loss> = fc.oneof(
    fc.constantFrom(lost, unauthorized, forbidden),
    fc.nat(400_000).map(busy),
    fc.constant({ ...lost, error: new ShoalError("TOO_MANY_REQUESTS", "full") }),
  );
  const type = fc.constantFrom<ConnectionEvent["type"]>(
    ...(["use", "retry", "token", "opened", "opened", "token", "answered", "pong", "lost", "reconnect"] as const),
    ...(["online", "offline", "visible", "frozen", "thawed"] as const),
  );
  const step = fc.record({
    type,
    loss,
    next: fc.boolean(),
    wait: fc.nat(60_000),
    random: fc.double({ min: 0, max: 0.99, noNaN: true }),
  });

  test("lines are made, used and ended in order, and there is always a way on", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const run = new Run();
        run.do({ type: "use" });
        for (const { type, loss, next, wait, random } of steps) {
          run.random = random;
          run.pass(wait, () => run.now);
          const line = next ? run.attemptedLine : run.line;
          run.do({ type, line, loss, token: "t", heardAt: run.now } as unknown as ConnectionEvent);
          expectWayOn(run);
        }
        expectOrder(run);
        run.do({ type: "close" });
        expectNothingLeft(run);
      }),
    );
  });
});

/** A timer runs, or somebody has to act: the user, the page or the application. */
function expectWayOn(run: Run): void {
  const attempt = attemptOf(run.machine);
  const isFrozen = run.machine.phase.name === "attempting" && attempt?.step === "waiting" && attempt.at === undefined;
  if (run.status === "failed" || isFrozen) expect(run.machine.tickAt).toBeUndefined();
  else expect(run.machine.tickAt).toBeGreaterThanOrEqual(run.now);
}

/** Each line is asked for, dialed, adopted and ended at most once, in this order, and only the last that was adopted is pinged. */
function expectOrder({ effects }: Run): void {
  const steps = ["ask", "dial", "adopt", "retire", "drop"];
  const reached = new Map<number, number>();
  let adopted = 0;
  for (const effect of effects) {
    if (!("line" in effect)) continue;
    if (effect.type === "ping") expect(effect.line).toBe(adopted);
    else {
      const index = steps.indexOf(effect.type);
      expect(index).toBeGreaterThan(reached.get(effect.line) ?? -1);
      reached.set(effect.line, index);
      if (effect.type === "adopt") adopted = effect.line;
    }
  }
}

/** Every line that was dialed has ended, or its loss was what the test told. */
function expectNothingLeft(run: Run): void {
  expect(run.machine).toMatchObject({ phase: { name: "closed" }, tickAt: undefined, shown: { status: "closed" } });
  const adopted = run.effects.filter(({ type }) => type === "adopt").length;
  const ended = run.effects.filter(({ type }) => type === "retire" || type === "drop");
  expect(ended.length).toBeGreaterThanOrEqual(adopted);
}
