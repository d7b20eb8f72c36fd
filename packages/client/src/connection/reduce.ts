import { delayLimit } from "../backoff.ts";
import { clientClosed } from "../errors.ts";
import {
  type Attempt,
  attemptOf,
  type ConnectionEvent,
  type Effect,
  type Loss,
  type Machine,
  type Moment,
  type OpenLine,
  outage,
  type Phase,
  type Trying,
} from "./machine.ts";
import { patience } from "./patience.ts";
import { show } from "./show.ts";

/** After how many WebSockets that did not open the other transport is tried. */
const unopenedLimit = 2;

const offline = outage("This device has no network.");
const frozen = outage("The page was put to sleep.");
const draining = outage("The server asked for a new connection.");
const silent = outage("The server did not answer any more.");
const tooSlow = {
  asking: outage("The client's option `token` did not answer in time. It will be asked again."),
  dialing: outage("The connection could not be opened in time."),
};

/** A moment, and what is to be done in it. */
interface Turn extends Moment {
  readonly effects: Effect[];
}

type Open = Extract<Phase, { name: "open" }>;

/**
 * The connection after an event, and what is to be done.
 *
 * ```
 *  idle ──use──▶ attempting ──opened──▶ open ──reconnect──▶ open with a next line
 *                 │  ▲   ▲               │                     │
 *                 │  │   └──────lost─────┘◀───opened, lost─────┘
 *              refused └─use, retry─┐
 *                 └──────────────▶ failed          any ──close──▶ closed
 *
 *  an attempt:  waiting ──its time, retry, online, visible──▶ asking ──token──▶ dialing ──▶ opened
 *                  ▲───────────────────lost, deadline, frozen───┴──────────────────┘
 * ```
 *
 * Over which transport: a WebSocket. Where two in a row did not open, and in no attempt before, every other attempt goes over
 * HTTP. Once that is open, a WebSocket is tried once more beside it: when it opens it takes over, when not HTTP stays.
 */
export function reduce(
  before: Machine,
  event: ConnectionEvent,
  moment: Moment,
): { readonly machine: Machine; readonly effects: readonly Effect[] } {
  if (before.phase.name === "closed") return { machine: before, effects: [] };
  const turn: Turn = { ...moment, effects: [] };
  const noted = noteNetwork(before, event);
  const awake = slept(before, moment) ? look(noted, turn) : noted;
  const after = handle(awake, event, turn);
  const seen = { now: moment.now, wall: moment.wall };
  const machine = { ...after, tickAt: nextTick(after, moment.now), shown: show(after, moment.wall), seen };
  return { machine, effects: turn.effects };
}

function noteNetwork(machine: Machine, { type }: ConnectionEvent): Machine {
  if (type !== "online" && type !== "offline") return machine;
  return { ...machine, offline: type === "offline" };
}

/** Whether the two clocks disagree about how long ago the last event was, or the tick is much too late. */
function slept({ seen, tickAt }: Machine, { now, wall }: Moment): boolean {
  if (tickAt === undefined) return false;
  return Math.abs(wall - seen.wall - (now - seen.now)) > patience.lateness || now - tickAt > patience.lateness;
}

function nextTick({ phase }: Machine, now: number): number | undefined {
  const due: (number | undefined)[] = [];
  if (phase.name === "attempting") due.push(dueOf(phase.attempt));
  else if (phase.name === "open") due.push(phase.line.ping?.deadline ?? phase.line.quietUntil, dueOf(phase.next));
  const known = due.filter((at) => at !== undefined);
  return known.length > 0 ? Math.min(now + patience.tick, ...known) : undefined;
}

function dueOf(attempt: Attempt | undefined): number | undefined {
  return attempt?.step === "waiting" ? attempt.at : attempt?.deadline;
}

function handle(machine: Machine, event: ConnectionEvent, turn: Turn): Machine {
  if (event.type === "close") return close(machine, turn);
  const { phase } = machine;
  switch (phase.name) {
    case "idle":
    case "failed":
      return event.type === "use" || event.type === "retry" ? start(machine, turn) : machine;
    case "attempting":
      return handleAttempting(machine, phase.attempt, event, turn);
    case "open":
      return handleOpen(machine, phase, event, turn);
    case "closed":
      return machine;
  }
}

function start(machine: Machine, turn: Turn): Machine {
  const error = machine.offline ? offline.error : undefined;
  return attempt({ ...machine, failures: 0, attempt: 1, refused: false, error, phase: { name: "idle" } }, turn);
}

function close(machine: Machine, turn: Turn): Machine {
  const { phase } = machine;
  turn.effects.push({ type: "refuse", error: clientClosed() });
  if (phase.name === "open") turn.effects.push({ type: "retire", line: phase.line.id });
  abandon(attemptOf(machine), turn);
  return { ...machine, phase: { name: "closed" } };
}

function fail(machine: Machine, { error }: Loss, turn: Turn): Machine {
  turn.effects.push({ type: "refuse", error });
  return { ...machine, phase: { name: "failed", error } };
}

function handleAttempting(machine: Machine, current: Attempt, event: ConnectionEvent, turn: Turn): Machine {
  switch (event.type) {
    case "token":
    case "opened":
    case "lost":
    case "tick":
      return proceed(machine, current, event, turn);
    case "retry":
      return current.step === "waiting" ? attempt(machine, turn) : machine;
    case "use":
      return current.step === "waiting" && current.at === undefined ? attempt(machine, turn) : machine;
    case "online":
    case "visible":
    case "thawed":
      return look(machine, turn);
    case "offline":
      return { ...machine, error: offline.error };
    case "frozen":
      return freeze(machine, turn);
    default:
      return machine;
  }
}

function handleOpen(machine: Machine, phase: Open, event: ConnectionEvent, turn: Turn): Machine {
  const { line, next } = phase;
  if ("line" in event && event.line !== line.id) return next ? proceed(machine, next, event, turn) : machine;
  switch (event.type) {
    case "lost":
      return lose(machine, phase, event.loss, turn);
    case "pong":
      return { ...machine, phase: { ...phase, line: quiet(line, turn.now) } };
    case "answered":
      return { ...machine, refused: false };
    case "reconnect":
      return next ? machine : move(machine, line, turn);
    case "retry":
    case "online":
    case "visible":
    case "thawed":
      return look(machine, turn);
    case "offline":
      return lose(machine, phase, offline, turn);
    case "frozen":
      return freeze(lose(machine, phase, frozen, turn), turn);
    case "tick":
      return beat(machine, phase, event, turn);
    default:
      return machine;
  }
}

/** Makes a line to take this one's place; not in a hurry where the server has said so before long. */
function move(machine: Machine, line: OpenLine, turn: Turn): Machine {
  return isStable(line, turn) ? attempt({ ...machine, failures: 0 }, turn) : again(machine, draining, turn);
}

function isStable({ openedAt }: OpenLine, { now }: Turn): boolean {
  return now - openedAt >= patience.stability;
}

/** What becomes of an attempt by itself, be there a line in use or not. */
function proceed(machine: Machine, current: Attempt, event: ConnectionEvent, turn: Turn): Machine {
  if (event.type === "tick") return isDue(current, turn.now) ? overdue(machine, current, turn) : machine;
  if (current.step === "waiting" || !("line" in event) || event.line !== current.line) return machine;
  switch (event.type) {
    case "token": {
      if (current.step !== "asking") return machine;
      const { line, transport } = current;
      turn.effects.push({ type: "dial", line, transport, token: event.token });
      return put(machine, { ...current, step: "dialing", deadline: turn.now + patience.opening });
    }
    case "opened":
      return current.step === "dialing" ? open(machine, current, turn) : machine;
    case "lost":
      return attemptFailed(machine, current, event.loss, turn);
    default:
      return machine;
  }
}

function isDue(current: Attempt, now: number): boolean {
  const due = dueOf(current);
  return due !== undefined && due <= now;
}

function overdue(machine: Machine, current: Attempt, turn: Turn): Machine {
  if (current.step === "waiting") return attempt(machine, turn);
  abandon(current, turn);
  return attemptFailed(machine, current, tooSlow[current.step], turn);
}

function open(machine: Machine, { line: id, transport }: Trying, turn: Turn): Machine {
  turn.effects.push({ type: "adopt", line: id });
  if (machine.phase.name === "open") turn.effects.push({ type: "retire", line: machine.phase.line.id });
  const line = quiet({ id, transport, openedAt: turn.now, quietUntil: 0, ping: undefined }, turn.now);
  const settled = machine.settled || transport === "websocket";
  const phase: Phase = { name: "open", line, next: undefined };
  const opened: Machine = { ...machine, phase, transport, settled, unopened: 0, attempt: 1, error: undefined };
  return settled ? opened : attempt({ ...opened, transport: "websocket" }, turn);
}

function attemptFailed(machine: Machine, current: Attempt, loss: Loss, turn: Turn): Machine {
  if (machine.phase.name === "open") return nextFailed(machine, machine.phase, current, loss, turn);
  if (loss.kind === "final" || (loss.kind === "unauthorized" && machine.refused)) return fail(machine, loss, turn);
  const counted = countUnopened(machine, current);
  return again({ ...counted, attempt: machine.attempt + 1 }, loss, turn);
}

/** The line in use is as good as it was. Whether the next one was refused for good it will tell when it ends. */
function nextFailed(machine: Machine, phase: Open, current: Attempt, loss: Loss, turn: Turn): Machine {
  if (current.step !== "dialing" || machine.settled) return again(machine, loss, turn);
  turn.effects.push({ type: "remember" });
  return { ...machine, transport: "sse", settled: true, phase: { ...phase, next: undefined } };
}

function countUnopened(machine: Machine, current: Attempt): Machine {
  if (machine.settled || machine.offline || current.step !== "dialing") return machine;
  if (current.transport === "sse") return { ...machine, transport: "websocket" };
  const unopened = machine.unopened + 1;
  return { ...machine, unopened, transport: unopened >= unopenedLimit ? "sse" : "websocket" };
}

/** The line in use has ended. */
function lose(machine: Machine, { line, next }: Open, loss: Loss, turn: Turn): Machine {
  const failures = isStable(line, turn) ? 0 : machine.failures;
  const lost: Machine = { ...machine, failures, attempt: 1, error: loss.error, phase: { name: "idle" } };
  const isRefused = loss.kind === "final" || (loss.kind === "unauthorized" && machine.refused);
  const after = isRefused ? fail(lost, loss, turn) : lost;
  turn.effects.push({ type: "drop", line: line.id, error: loss.error });
  if (isRefused) abandon(next, turn);
  else if (next) return put(after, next);
  return isRefused ? after : again(after, loss, turn);
}

/** Another attempt, after a delay that grows with the failures; a good user's new token, and a silent server, are worth one at once. */
function again(machine: Machine, loss: Loss, turn: Turn): Machine {
  const refused = machine.refused || loss.kind === "unauthorized";
  const after: Machine = { ...machine, refused, error: loss.error, failures: machine.failures + 1 };
  const atOnce = machine.failures === 0 && (loss.kind === "unauthorized" || loss === silent);
  const floor = Math.min(loss.error.retryAfterMs ?? 0, patience.retryAfter);
  if (atOnce && floor === 0) return attempt(after, turn);
  const delay = floor + turn.random * delayLimit(machine.failures);
  return put(after, {
    step: "waiting",
    at: turn.now + delay,
    retryAt: turn.wall + delay,
    notBefore: turn.now + floor,
  });
}

function attempt(machine: Machine, turn: Turn): Machine {
  const line = machine.lines + 1;
  turn.effects.push({ type: "ask", line });
  const deadline = turn.now + patience.token;
  return put({ ...machine, lines: line }, { step: "asking", line, transport: machine.transport, deadline });
}

function put(machine: Machine, current: Attempt): Machine {
  const { phase } = machine;
  const next: Phase = phase.name === "open" ? { ...phase, next: current } : { name: "attempting", attempt: current };
  return { ...machine, phase: next };
}

function abandon(current: Attempt | undefined, turn: Turn): void {
  if (!current || current.step === "waiting") return;
  turn.effects.push({ type: "drop", line: current.line, error: tooSlow.dialing.error });
}

function freeze(machine: Machine, turn: Turn): Machine {
  const current = attemptOf(machine);
  abandon(current, turn);
  const notBefore = current?.step === "waiting" ? current.notBefore : turn.now;
  const waiting: Attempt = { step: "waiting", at: undefined, retryAt: undefined, notBefore };
  return put({ ...machine, error: frozen.error }, waiting);
}

/** There is reason to think that things have changed: a line that is open is checked, an attempt that waits is made. */
function look(machine: Machine, turn: Turn): Machine {
  const { phase } = machine;
  if (phase.name === "open") return { ...machine, phase: { ...phase, line: ping(phase.line, true, turn) } };
  if (phase.name !== "attempting" || phase.attempt.step !== "waiting") return machine;
  return phase.attempt.notBefore <= turn.now ? attempt(machine, turn) : machine;
}

function beat(machine: Machine, phase: Open, event: Extract<ConnectionEvent, { type: "tick" }>, turn: Turn): Machine {
  const line = checkLine(phase.line, event.heardAt, turn);
  if (!line) return lose(machine, phase, silent, turn);
  const after: Machine = { ...machine, phase: { ...phase, line } };
  return phase.next ? proceed(after, phase.next, event, turn) : after;
}

/** The line as it is now; undefined when it did not give the sign of life that it was asked for. */
function checkLine(line: OpenLine, heardAt: number, turn: Turn): OpenLine | undefined {
  if (!line.ping) {
    const quietUntil = Math.max(line.quietUntil, heardAt + patience.silence);
    return quietUntil > turn.now ? { ...line, quietUntil } : ping(line, false, turn);
  }
  if (line.ping.deadline > turn.now) return line;
  return !line.ping.strict && heardAt > line.ping.sentAt ? quiet(line, heardAt) : undefined;
}

function ping(line: OpenLine, strict: boolean, turn: Turn): OpenLine {
  if (line.ping?.strict) return line;
  turn.effects.push({ type: "ping", line: line.id });
  const deadline = turn.now + (strict ? patience.doubt : patience.pong);
  return { ...line, ping: { sentAt: turn.now, deadline, strict } };
}

function quiet(line: OpenLine, heardAt: number): OpenLine {
  return { ...line, quietUntil: heardAt + patience.silence, ping: undefined };
}
