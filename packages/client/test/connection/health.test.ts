import { describe, expect, test } from "vitest";
import { lost, Run } from "./support/run.ts";

describe("A line that is open", () => {
  test("is left alone as long as anything is heard within 25 seconds", () => {
    const run = new Run().connect();
    let heardAt = run.now;
    for (let count = 0; count < 20; count += 1) {
      run.pass(24_000, () => heardAt);
      heardAt = run.now;
    }
    expect(run.effects.filter(({ type }) => type === "ping")).toEqual([]);
  });

  test("is asked whether it is there after 25 seconds of silence, and lost when it does not answer in ten", () => {
    const run = new Run().connect();
    run.pass(24_999);
    expect(run.effects.at(-1)).toMatchObject({ type: "adopt" });
    run.pass(1);
    expect(run.effects.at(-1)).toEqual({ type: "ping", line: 1 });
    run.pass(9_999);
    expect(run.status).toBe("open");
    run.pass(1);
    expect(run.status).toBe("reconnecting");
  });

  test("is replaced at once when it falls silent after it was stable", () => {
    const run = new Run().connect();
    const first = run.now;
    run.pass(35_000, () => first);
    expect(run.effects.slice(-2)).toMatchObject([
      { type: "drop", line: 1 },
      { type: "ask", line: 2 },
    ]);
  });

  test.each([
    ["a pong", (run: Run) => void run.do({ type: "pong", line: 1 })],
    ["anything else", () => {}],
  ])("goes on when the answer is %s", (_what, answer) => {
    const run = new Run().connect();
    run.pass(25_000);
    answer(run);
    const heardAt = run.now + 1;
    run.pass(20_000, () => heardAt);
    expect(run.status).toBe("open");
  });
});

describe("A line that is doubted", () => {
  test("has five seconds to answer, and nothing but a pong counts, since the rest may have been on its way for long", () => {
    const run = new Run().connect();
    run.do({ type: "visible" });
    run.pass(4_999, () => run.now);
    expect(run.status).toBe("open");
    run.pass(1, () => run.now);
    expect(run.status).toBe("reconnecting");
  });

  test("is asked once, however often it is doubted", () => {
    const run = new Run().connect();
    for (const type of ["visible", "online", "thawed", "retry"] as const) run.do({ type });
    expect(run.effects.filter(({ type }) => type === "ping")).toHaveLength(1);
    run.do({ type: "pong", line: run.line });
    run.pass(20_000, () => run.now);
    expect(run.status).toBe("open");
  });
});

describe("Ten minutes of sleep", () => {
  test.each([
    ["stands still meanwhile", false],
    ["goes on meanwhile, and its timers do not", true],
  ])("are noticed by the next thing that happens, where the page's clock %s", (_how, counted) => {
    const run = new Run().connect();
    run.pass(10_000, () => run.now);
    run.sleep(600_000, counted);
    expect(run.do({ type: "tick", heardAt: run.now - 1 })).toEqual([{ type: "ping", line: 1 }]);
    run.pass(5_000, () => run.now);
    expect(run.status).toBe("reconnecting");
  });

  test("end the wait for the next attempt", () => {
    const run = new Run().connect();
    run.do({ type: "lost", line: run.line, loss: lost });
    run.sleep(600_000, false);
    expect(run.do({ type: "tick", heardAt: 0 })).toMatchObject([{ type: "ask" }]);
  });

  test("are not taken for the silence of a server that had just been asked", () => {
    const run = new Run().connect();
    run.pass(25_000);
    run.sleep(600_000, true);
    run.do({ type: "tick", heardAt: 0 });
    expect(run.status).toBe("open");
    run.do({ type: "pong", line: run.line });
    run.pass(10_000, () => run.now);
    expect(run.status).toBe("open");
  });
});

test("A clock that is set makes a line be asked, and nothing else", () => {
  const run = new Run().connect();
  run.sleep(-3_600_000, false);
  expect(run.do({ type: "tick", heardAt: run.now })).toEqual([{ type: "ping", line: 1 }]);
  run.do({ type: "pong", line: run.line });
  run.pass(60_000, () => run.now);
  expect(run.status).toBe("open");
});
