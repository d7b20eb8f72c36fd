import { describe, expect, test } from "vitest";
import { initialMachine } from "../../src/connection/machine.ts";
import { lost, Run } from "./support/run.ts";

/** Over what each attempt was made, in order. */
function dialed(run: Run): readonly string[] {
  return run.effects.flatMap((effect) => (effect.type === "dial" ? [effect.transport] : []));
}

/** Fails so many attempts in a row. */
function failing(run: Run, attempts: number): Run {
  run.do({ type: "use" });
  for (let count = 0; count < attempts; count += 1) {
    run.fail();
    run.do({ type: "retry" });
  }
  return run;
}

describe("A client that may choose", () => {
  test("takes a WebSocket where one opens, and never anything else from then on", () => {
    const run = failing(new Run().connect(), 0);
    run.do({ type: "offline" });
    run.do({ type: "online" });
    failing(run, 5);
    expect(new Set(dialed(run))).toEqual(new Set(["websocket"]));
  });

  test("tries HTTP in every other attempt once two WebSockets in a row did not open", () => {
    expect(dialed(failing(new Run(), 6))).toEqual(["websocket", "websocket", "sse", "websocket", "sse", "websocket"]);
  });

  test("stays with HTTP when a WebSocket does not open beside it either, and remembers", () => {
    const run = failing(new Run(), 2).open();
    expect(run.machine.shown).toMatchObject({ status: "open", transport: "sse" });
    run.fail();
    expect(run.effects.at(-1)).toEqual({ type: "remember" });
    expect(run.machine.shown).toMatchObject({ status: "open", transport: "sse" });
    run.do({ type: "lost", line: run.line, loss: lost });
    run.do({ type: "retry" });
    failing(run, 3);
    expect(new Set(dialed(run).slice(4))).toEqual(new Set(["sse"]));
  });

  test("moves to the WebSocket that opens beside HTTP, as after a server that was just starting", () => {
    const run = failing(new Run(), 2).open();
    const overHttp = run.line;
    run.open();
    expect(run.machine.shown).toMatchObject({ status: "open", transport: "websocket" });
    expect(run.effects.slice(-2)).toEqual([
      { type: "adopt", line: run.line },
      { type: "retire", line: overHttp },
    ]);
    expect(run.effects).not.toContainEqual({ type: "remember" });
  });

  test("is not misled by a device without a network", () => {
    const run = new Run();
    run.do({ type: "offline" });
    expect(new Set(dialed(failing(run, 6)))).toEqual(new Set(["websocket"]));
  });

  test("is not misled by a token that cannot be had", () => {
    const run = new Run();
    run.do({ type: "use" });
    for (let count = 0; count < 4; count += 1) {
      run.pass(10_000);
      run.do({ type: "retry" });
    }
    run.open();
    expect(dialed(run)).toEqual(["websocket"]);
  });
});

test.each(["websocket", "sse"] as const)("A client that is told to take %s takes nothing else", (transport) => {
  const run = failing(new Run(initialMachine(transport, true)), 6);
  run.open();
  run.do({ type: "reconnect", line: run.line });
  run.fail();
  expect(new Set(dialed(run))).toEqual(new Set([transport]));
  expect(run.effects).not.toContainEqual({ type: "remember" });
});
