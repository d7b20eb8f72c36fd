import { describe, expect, test } from "vitest";
import { attemptOf, type ConnectionEvent, type Effect, type Machine } from "../../src/connection/machine.ts";
import { lost, Run } from "./support/run.ts";

type Type = ConnectionEvent["type"];

/** Every state that the table has a row for, and how to come to it. */
const ways = {
  idle: () => new Run(),
  asking: () => after(new Run(), { type: "use" }),
  dialing: () => {
    const run = after(new Run(), { type: "use" });
    return after(run, { type: "token", line: run.line, token: "t" });
  },
  waiting: () => after(new Run(), { type: "use" }).fail(),
  frozen: () => after(new Run(), { type: "use" }, { type: "frozen" }),
  open: () => {
    const run = new Run().connect();
    run.pass(30_000, () => run.now);
    return run;
  },
  "open, asking for the next": () => reconnecting(),
  "open, dialing the next": () => {
    const run = reconnecting();
    return after(run, { type: "token", line: run.attemptedLine, token: "t" });
  },
  "open, waiting for the next": () => reconnecting().fail(),
  failed: () => {
    const run = new Run().connect();
    return after(run, { type: "lost", line: run.line, loss: { ...lost, kind: "final" } });
  },
  closed: () => after(new Run().connect(), { type: "close" }),
} as const satisfies Record<string, () => Run>;

type State = keyof typeof ways;

/**
 * What each event makes of each state, and what is to be done for it; "-" where nothing changes. `token` and `opened` are of the line that is
 * being made, the other events of a line are of the one that is open, or else of the one that is being made. A tick is one before which
 * nothing was due.
 */
const table: Record<State, Record<Type, string>> = {
  idle: {
    use: "asking: ask 1",
    retry: "asking: ask 1",
    close: "closed: refuse CLOSED",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "-",
    reconnect: "-",
    online: "-",
    offline: "-",
    visible: "-",
    frozen: "-",
    thawed: "-",
    tick: "-",
  },
  asking: {
    use: "-",
    retry: "-",
    close: "closed: refuse CLOSED, drop 1",
    token: "dialing: dial 1 websocket",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "waiting",
    reconnect: "-",
    online: "-",
    offline: "-",
    visible: "-",
    frozen: "frozen: drop 1",
    thawed: "-",
    tick: "-",
  },
  dialing: {
    use: "-",
    retry: "-",
    close: "closed: refuse CLOSED, drop 1",
    token: "-",
    opened: "open: adopt 1",
    answered: "-",
    pong: "-",
    lost: "waiting",
    reconnect: "-",
    online: "-",
    offline: "-",
    visible: "-",
    frozen: "frozen: drop 1",
    thawed: "-",
    tick: "-",
  },
  waiting: {
    use: "-",
    retry: "asking: ask 2",
    close: "closed: refuse CLOSED",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "-",
    reconnect: "-",
    online: "asking: ask 2",
    offline: "-",
    visible: "asking: ask 2",
    frozen: "frozen",
    thawed: "asking: ask 2",
    tick: "-",
  },
  frozen: {
    use: "asking: ask 2",
    retry: "asking: ask 2",
    close: "closed: refuse CLOSED",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "-",
    reconnect: "-",
    online: "asking: ask 2",
    offline: "-",
    visible: "asking: ask 2",
    frozen: "-",
    thawed: "asking: ask 2",
    tick: "-",
  },
  open: {
    use: "-",
    retry: "open: ping 1",
    close: "closed: refuse CLOSED, retire 1",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "waiting: drop 1",
    reconnect: "open, asking for the next: ask 2",
    online: "open: ping 1",
    offline: "waiting: drop 1",
    visible: "open: ping 1",
    frozen: "frozen: drop 1",
    thawed: "open: ping 1",
    tick: "-",
  },
  "open, asking for the next": {
    use: "-",
    retry: "open, asking for the next: ping 1",
    close: "closed: refuse CLOSED, retire 1, drop 2",
    token: "open, dialing the next: dial 2 websocket",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "asking: drop 1",
    reconnect: "-",
    online: "open, asking for the next: ping 1",
    offline: "asking: drop 1",
    visible: "open, asking for the next: ping 1",
    frozen: "frozen: drop 1, drop 2",
    thawed: "open, asking for the next: ping 1",
    tick: "-",
  },
  "open, dialing the next": {
    use: "-",
    retry: "open, dialing the next: ping 1",
    close: "closed: refuse CLOSED, retire 1, drop 2",
    token: "-",
    opened: "open: adopt 2, retire 1",
    answered: "-",
    pong: "-",
    lost: "dialing: drop 1",
    reconnect: "-",
    online: "open, dialing the next: ping 1",
    offline: "dialing: drop 1",
    visible: "open, dialing the next: ping 1",
    frozen: "frozen: drop 1, drop 2",
    thawed: "open, dialing the next: ping 1",
    tick: "-",
  },
  "open, waiting for the next": {
    use: "-",
    retry: "open, waiting for the next: ping 1",
    close: "closed: refuse CLOSED, retire 1",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "waiting: drop 1",
    reconnect: "-",
    online: "open, waiting for the next: ping 1",
    offline: "waiting: drop 1",
    visible: "open, waiting for the next: ping 1",
    frozen: "frozen: drop 1",
    thawed: "open, waiting for the next: ping 1",
    tick: "-",
  },
  failed: {
    use: "asking: ask 2",
    retry: "asking: ask 2",
    close: "closed: refuse CLOSED",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "-",
    reconnect: "-",
    online: "-",
    offline: "-",
    visible: "-",
    frozen: "-",
    thawed: "-",
    tick: "-",
  },
  closed: {
    use: "-",
    retry: "-",
    close: "-",
    token: "-",
    opened: "-",
    answered: "-",
    pong: "-",
    lost: "-",
    reconnect: "-",
    online: "-",
    offline: "-",
    visible: "-",
    frozen: "-",
    thawed: "-",
    tick: "-",
  },
};

describe.each(Object.entries(table))("A connection that is %s", (state, row) => {
  test.each(Object.entries(row))("on %s becomes: %s", (type, expected) => {
    const run = ways[state as State]();
    expect(named(run.machine)).toBe(state);
    const effects = run.do(eventOf(run, type as Type));
    const done = effects.map(written).join(", ");
    const became = named(run.machine);
    if (expected === "-") expect([became, done]).toEqual([state, ""]);
    else expect(done === "" ? became : `${became}: ${done}`).toBe(expected);
  });

  test("takes no notice of a line that is long over", () => {
    const run = ways[state as State]();
    const { machine } = run;
    for (const type of ["token", "opened", "lost", "answered", "pong", "reconnect"] as const) {
      expect(run.do({ ...eventOf(run, type), line: 99 } as ConnectionEvent)).toEqual([]);
    }
    expect(run.machine).toEqual({ ...machine, seen: run.machine.seen });
    expect(run.machine.shown).toBe(machine.shown);
  });
});

function after(run: Run, ...events: readonly ConnectionEvent[]): Run {
  for (const event of events) run.do(event);
  return run;
}

function reconnecting(): Run {
  const run = new Run().connect();
  run.pass(30_000, () => run.now);
  return after(run, { type: "reconnect", line: run.line });
}

function eventOf(run: Run, type: Type): ConnectionEvent {
  switch (type) {
    case "token":
      return { type, line: run.attemptedLine, token: "t" };
    case "opened":
      return { type, line: run.attemptedLine };
    case "lost":
      return { type, line: run.line, loss: lost };
    case "answered":
    case "pong":
    case "reconnect":
      return { type, line: run.line };
    case "tick":
      return { type, heardAt: run.now };
    default:
      return { type };
  }
}

/** The name of its row. */
function named(machine: Machine): State {
  const { phase } = machine;
  const attempt = attemptOf(machine);
  if (phase.name === "attempting" && attempt) {
    return attempt.step === "waiting" && attempt.at === undefined ? "frozen" : attempt.step;
  }
  if (!attempt) return phase.name as State;
  return attempt.step === "dialing" ? "open, dialing the next" : `open, ${attempt.step} for the next`;
}

function written(effect: Effect): string {
  const rest = "error" in effect && effect.type === "refuse" ? effect.error.code : "line" in effect ? effect.line : "";
  return [effect.type, rest, ...(effect.type === "dial" ? [effect.transport] : [])].join(" ");
}
