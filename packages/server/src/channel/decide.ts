import { type AnyOutcome, parse, ShoalError } from "@shoal/contract";
import type { User } from "../user.ts";
import type { Definition } from "./definition.ts";

/** A command as it waits to be decided. */
export interface Command {
  readonly name: string;
  readonly input: object;
  readonly user: User | null;
  /** Whose `commandId` it is; `null` when the same command cannot come again. */
  readonly sender: string | null;
  readonly commandId: string;
}

/** What a handler did, before it has a place in the log. */
export interface Decision {
  readonly state: unknown;
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
  /** Without the offset of an accepted command, which only the log knows. */
  readonly verdict: { readonly ok: true; readonly result?: unknown } | Extract<AnyOutcome, { ok: false }>;
}

class Rejection {
  readonly outcome: Extract<AnyOutcome, { ok: false }>;
  constructor(outcome: Extract<AnyOutcome, { ok: false }>) {
    this.outcome = outcome;
  }
}

/**
 * Runs a command's handler on a state: what it emitted, the state after it, and its answer. Pure but for the handler.
 *
 * @throws whatever the handler throws, and {@link ShoalError} when what it emits, rejects or returns does not fit the contract
 */
export function decide(
  definition: Definition,
  params: object,
  state: unknown,
  command: Command,
  now: number,
): Decision {
  const { name, input, user, commandId } = command;
  const events: { type: string; data: unknown }[] = [];
  const call = {
    state,
    params,
    input,
    user,
    now,
    commandId,
    emit: (type: string, data: unknown = {}) => {
      events.push({ type, data: parseEvent(definition, type, data) });
    },
    reject: (reason: string, data: object = {}) => {
      throw new Rejection({ ...parseRejection(definition, name, reason, data), ok: false, reason });
    },
  };
  try {
    const result = definition.handlers[name]?.(call);
    const verdict = { ok: true, ...parseResult(definition, name, result) } as const;
    return { state: applyAll(definition, state, events), events, verdict };
  } catch (error) {
    if (error instanceof Rejection) return { state, events: [], verdict: error.outcome };
    throw error;
  }
}

/** The state after the events, by the contract's `apply`. */
export function applyAll(
  { name, apply }: Definition,
  state: unknown,
  events: readonly { readonly type: string; readonly data: unknown }[],
): unknown {
  let next = state;
  for (const { type, data } of events) {
    if (!Object.hasOwn(apply, type)) throw misuse(`Channel "${name}" has no apply for its event "${type}".`);
    next = apply[type]?.(next, data);
  }
  return next;
}

function parseEvent({ name, events }: Definition, type: string, data: unknown): unknown {
  if (!Object.hasOwn(events, type)) throw misuse(`Channel "${name}" declares no event "${type}".`);
  return asFault(() => parse(events[type] as (typeof events)[string], data, `event "${name}.${type}"`));
}

function parseRejection({ name, commands }: Definition, command: string, reason: string, data: object): object {
  const { rejections = {} } = commands[command] ?? {};
  const schema = Object.hasOwn(rejections, reason) ? rejections[reason] : undefined;
  if (!schema) throw misuse(`The command "${name}.${command}" declares no rejection "${reason}".`);
  return asFault(() => parse(schema, data, `rejection "${reason}" of "${name}.${command}"`)) as object;
}

function parseResult({ name, commands }: Definition, command: string, result: unknown): { result?: unknown } {
  if (result instanceof Promise) {
    result.catch(() => {});
    throw misuse(`The handler of "${name}.${command}" returned a promise. A handler decides at once, without waiting.`);
  }
  const schema = commands[command]?.result;
  if (!schema) return {};
  return { result: asFault(() => parse(schema, result, `result of "${name}.${command}"`)) };
}

/** What the server's own code made must fit the contract; when it does not, it is not the caller's bad request. */
function asFault<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error), error);
  }
}

function misuse(message: string, cause?: unknown): ShoalError {
  return new ShoalError("INTERNAL_SERVER_ERROR", message, { cause });
}
