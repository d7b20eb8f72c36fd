import { type AnyOutcome, parse } from "@shoal/contract";
import type { User } from "../user.ts";
import type { Definition } from "./definition.ts";
import { applyAll, type Change, type Folded, type TopicState } from "./fold.ts";
import { frozen, isChangeOfFrozen } from "./frozen.ts";
import { misuse } from "./misuse.ts";

/** A user who is to be erased, and the events that they caused, as they were found in a generation of the topic. */
interface ErasedUser {
  readonly userId: string;
  readonly epoch: string;
  readonly events: readonly number[];
  /** The events that name the user, whoever caused them. */
  readonly named: readonly number[];
}

/** A command as it waits to be decided. */
export interface Command {
  readonly name: string;
  readonly input: object;
  readonly user: User | null;
  /** Whose `commandId` it is; `null` when the same command cannot come again. */
  readonly sender: string | null;
  readonly commandId: string;
  /** What the command's `prepare` returned. */
  readonly prepared?: unknown;
  /** What the command's `load` read. */
  readonly loaded?: unknown;
  /**
   * The user who is to be erased, where the channel's `eraseUser` is to decide instead of a command's handler. It is rejected when the
   * topic is of another generation by now.
   */
  readonly erases?: ErasedUser;
  /** The id of the stored effect that this command is; it is kept no more once the command is accepted. */
  readonly settles?: string;
}

/** What a handler did, before it has a place in the log. */
export interface Decision {
  readonly after: TopicState;
  readonly events: readonly Change[];
  /** The offsets of the events that are redacted, each once. */
  readonly redacts: readonly number[];
  /** Without the offset of an accepted command, which only the log knows. */
  readonly verdict: { readonly ok: true; readonly result?: unknown } | Extract<AnyOutcome, { ok: false }>;
}

/** A command that emits more than this is at fault: everybody who watches the topic is sent all of it at once. */
const mostEvents = 10_000;

class Rejection {
  readonly outcome: Extract<AnyOutcome, { ok: false }>;
  constructor(outcome: Extract<AnyOutcome, { ok: false }>) {
    this.outcome = outcome;
  }
}

/**
 * Runs a command's handler on a state: what it emitted, the state after it, and its answer. Pure but for the handler.
 *
 * @throws whatever the handler throws, and `INTERNAL_SERVER_ERROR` when what it emits, rejects or returns does not fit
 */
export function decide(
  definition: Definition,
  params: object,
  before: Folded,
  command: Command,
  now: number,
): Decision {
  const { name, input, user, commandId, prepared, loaded } = command;
  const events: Change[] = [];
  const { erases } = command;
  const redacts = new Set(erases?.events);
  const call = {
    state: before.state,
    private: before.private,
    params,
    input: frozen(input),
    prepared,
    loaded,
    user,
    now,
    offset: before.offset,
    commandId,
    userId: erases?.userId,
    named: erases?.named,
    emit: (type: string, data: unknown = {}, secret: unknown = null) => {
      if (events.length === mostEvents)
        throw misuse(`"${definition.name}.${name}" emitted more than ${mostEvents} events.`);
      events.push(parseEvent(definition, type, data, secret));
    },
    redact: (offset: number) => {
      redacts.add(redactable(definition, name, offset, before.offset));
    },
    reject: (reason: string, data: object = {}) => {
      throw new Rejection({ ...parseRejection(definition, name, reason, data), ok: false, reason });
    },
  };
  try {
    if (erases && erases.epoch !== before.epoch) throw new Rejection({ ok: false, reason: "RENEWED" });
    const handler = erases ? definition.eraseUser : definition.handlers[name];
    const result = handler?.(call);
    const verdict = { ok: true, ...parseResult(definition, name, result) } as const;
    if (redacts.size > 0 && events.length === 0 && !erases) {
      throw misuse(
        `"${definition.name}.${name}" redacts and emits nothing. Emit the event whose apply changes the state.`,
      );
    }
    limitBytes(definition, name, events);
    return { after: applyAll(definition, before, events), events, redacts: [...redacts], verdict };
  } catch (error) {
    if (error instanceof Rejection) return { after: before, events: [], redacts: [], verdict: error.outcome };
    if (!isChangeOfFrozen(error)) throw error;
    throw misuse(
      `"${definition.name}.${name}" changed what it was given. A handler changes neither its state nor its input, and \`apply\` returns a new state.`,
      error,
    );
  }
}

/** What a command emits reaches subscribers as one frame, which has the same limit as a snapshot. */
function limitBytes({ name, maxStateBytes }: Definition, command: string, events: readonly Change[]): void {
  let bytes = 0;
  for (const { data } of events) bytes += Buffer.byteLength(JSON.stringify(data) ?? "");
  if (bytes <= maxStateBytes) return;
  throw misuse(
    `"${name}.${command}" emitted ${bytes} bytes of events, more than the ${maxStateBytes} of maxStateBytes. Emit less, or raise it.`,
  );
}

function parseEvent(
  { name, events, private: hidden }: Definition,
  type: string,
  data: unknown,
  secret: unknown,
): Change {
  const schema = Object.hasOwn(events, type) ? events[type] : undefined;
  if (!schema) throw misuse(`Channel "${name}" declares no event "${type}".`);
  const what = `event "${name}.${type}"`;
  const secretSchema = hidden?.secrets[type];
  return asFault(() => ({
    type,
    data: parse(schema, data, what),
    secret: secretSchema ? parse(secretSchema, secret, `secret of ${what}`) : null,
  }));
}

function redactable({ name }: Definition, command: string, offset: number, last: number): number {
  if (Number.isSafeInteger(offset) && offset >= 1 && offset <= last) return offset;
  throw misuse(
    `"${name}.${command}" redacts event ${offset}. The topic has events from 1 to ${last} before the command.`,
  );
}

function parseRejection({ name, commands }: Definition, command: string, reason: string, data: object): object {
  const rejections = commands[command]?.rejections ?? {};
  const schema = Object.hasOwn(rejections, reason) ? rejections[reason] : undefined;
  if (!schema) throw misuse(`The command "${name}.${command}" declares no rejection "${reason}".`);
  return asFault(() => parse(schema, data, `rejection "${reason}" of "${name}.${command}"`)) as object;
}

function parseResult({ name, commands }: Definition, command: string, result: unknown): { result?: unknown } {
  if (result instanceof Promise) {
    result.catch(() => {});
    throw misuse(
      `The handler of "${name}.${command}" returned a promise. It decides at once; what must wait goes into \`prepare\`.`,
    );
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
