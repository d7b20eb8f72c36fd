import type { StoredTimer } from "../store.ts";
import type { Definition } from "./definition.ts";
import { misuse } from "./misuse.ts";

/** Something a topic's state says is due: an internal command at an instant. */
export interface NamedTimer {
  /** Unique among the topic's timers. */
  readonly name: string;
  /** When, in milliseconds since the epoch by the store's clock. */
  readonly at: number;
  readonly command: string;
  readonly input?: object | undefined;
}

/** How often a timer that throws is tried, and how long it then waits: 1, 2, 4, … seconds. */
const mostAttempts = 6;
const firstBackoffMs = 1_000;

/**
 * What a state says is due on its topic.
 *
 * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when it names what cannot be stored or run, and whatever `timers` throws
 */
export function namedTimers({ name: channel, timers, handlers }: Definition, state: unknown, params: object) {
  const named = timers?.(state, params) ?? [];
  const names = new Set<string>();
  for (const { name, at, command } of named) {
    const refuse = (why: string) => misuse(`Channel "${channel}": the timer "${name}" ${why}`);
    if (names.has(name)) throw refuse("is named twice in one state. Give each its own name.");
    if (!Number.isSafeInteger(at)) {
      throw refuse(`is due at ${at}. \`at\` is a whole number of milliseconds since the epoch.`);
    }
    if (!Object.hasOwn(handlers, command)) throw refuse(`runs the command "${command}", which the channel has not.`);
    names.add(name);
  }
  return named;
}

/**
 * The timers that a state names: the same list when nothing changed. One that it still names, at the same instant, stays
 * as it is, fired and parked ones too; a new one, or a known one at another instant, is armed; one that is named no more
 * is gone.
 */
export function armTimers(
  current: readonly StoredTimer[],
  named: readonly NamedTimer[],
  offset: number,
  version: number,
): readonly StoredTimer[] {
  const timers = named.map(({ name, at, command, input = {} }): StoredTimer => {
    const known = current.find((timer) => timer.name === name && timer.at === at && timer.command === command);
    return known ?? { name, at, due: at, command, input, armedAt: offset, attempts: 0, status: "armed", version };
  });
  const changed = timers.length !== current.length || timers.some((timer) => !current.includes(timer));
  return changed ? timers : current;
}

/** The timers with what the state names as their input now: what the armed one carried may be redacted. */
export function renewInputs(
  timers: readonly StoredTimer[],
  named: readonly NamedTimer[],
  version: number,
): readonly StoredTimer[] {
  const inputOf = (timer: StoredTimer): object => named.find(({ name }) => name === timer.name)?.input ?? {};
  return timers.map((timer) => ({ ...timer, input: inputOf(timer), version }));
}

/** The armed timer that is due first, if one is due at `now`. */
export function dueTimer(timers: readonly StoredTimer[], now: number): StoredTimer | undefined {
  return timers
    .filter(({ status, due }) => status === "armed" && due <= now)
    .reduce<StoredTimer | undefined>((first, timer) => (first && first.due <= timer.due ? first : timer), undefined);
}

/** A timer after it was run. */
export function firedTimer(timer: StoredTimer): StoredTimer {
  return { ...timer, status: "fired" };
}

/** A timer after it threw: it is tried again later, or parked when it was tried often enough. */
export function failedTimer(timer: StoredTimer, now: number): StoredTimer {
  const attempts = timer.attempts + 1;
  if (attempts >= mostAttempts) return { ...timer, attempts, status: "parked" };
  return { ...timer, attempts, due: now + firstBackoffMs * 2 ** (attempts - 1) };
}

/** A timer that could not be run since something is away: it is tried again soon, and this was not counted. */
export function hinderedTimer(timer: StoredTimer, now: number): StoredTimer {
  return { ...timer, due: now + firstBackoffMs };
}

/** The id of the command that a timer runs: the same each time it is tried, another when it is armed anew. */
export function timerCommandId({ name, armedAt }: StoredTimer): string {
  return `timer:${name}:${armedAt}`;
}
