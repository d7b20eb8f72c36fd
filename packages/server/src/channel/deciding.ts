import { type AnyOutcome, ShoalError } from "@shoal/contract";
import { emptied } from "../redaction.ts";
import type {
  CommandRecord,
  Redaction,
  StoredEffect,
  StoredEvent,
  StoredSnapshot,
  StoredTimer,
  StoredTopic,
  TopicWrite,
} from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { type Command, type Decision, decide } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { effectIds, toStoredEffects } from "./effects.ts";
import { type Folded, foldEvents, foldStored, type TopicState, toSnapshot } from "./fold.ts";
import type { LiftedEvent } from "./lift.ts";
import { misuse } from "./misuse.ts";
import { isPrepared } from "./prepare.ts";
import {
  armTimers,
  dueTimer,
  failedTimer,
  firedTimer,
  hinderedTimer,
  namedTimers,
  renewInputs,
  timerCommandId,
} from "./timers.ts";
import type { Answer, DecideTopicOptions, PendingCommand, TopicDecisions } from "./topic-decisions.ts";
import { isUnavailable } from "./unavailable.ts";

/** A state may name a timer that is due at once, each time anew; after so many in a row the rest waits for the next group. */
const mostTimersAtOnce = 100;

/** What was loaded, or why it could not be; undefined where nothing is to be loaded. */
export type Loaded = { readonly value: unknown } | { readonly error: unknown } | undefined;

/** A topic while it is decided: each command, and each timer, on what the one before it left. */
export class Deciding {
  readonly #options: DecideTopicOptions;
  readonly #tail: readonly LiftedEvent[];
  readonly #reloaded: StoredTopic | undefined;
  readonly #start: Folded;
  readonly #now: number;
  readonly #known: Map<string, CommandRecord>;
  readonly #added: StoredEvent[] = [];
  readonly #recorded: CommandRecord[] = [];
  readonly #effects: StoredEffect[] = [];
  readonly #settled: string[] = [];
  readonly #firedFrom: number;
  readonly #redacted = new Set<number>();
  readonly #erasedUsers: string[] = [];
  /** Whether something is redacted and no event tells of it. */
  #untold = false;
  #folded: Folded;
  #timers: readonly StoredTimer[];
  #fired: number;

  constructor(options: DecideTopicOptions) {
    const { definition, topic, base, locked, storeTime } = options;
    const { news } = locked;
    const { lifts } = definition;
    this.#options = options;
    this.#tail = news.kind === "tail" ? lifts.events(topic, news.events) : [];
    this.#reloaded = news.kind === "reload" ? lifts.stored(topic, news.stored) : undefined;
    this.#start = this.#reloaded
      ? foldStored(definition, topic, this.#reloaded)
      : foldEvents(definition, base, this.#tail);
    lifts.refuseNewer(topic, locked.timers);
    this.#folded = this.#start;
    this.#now = Math.max(storeTime, this.#start.at);
    this.#known = new Map(locked.records.map((record) => [recordKey(record.sender, record.commandId), record]));
    this.#timers = this.#nameTimers(locked.timers);
    this.#firedFrom = options.firing?.from ?? this.#start.offset;
    this.#fired = options.firing?.fired ?? 0;
  }

  /** What a command decided now would see. */
  get seen(): { readonly state: TopicState; readonly now: number } {
    return { state: this.#folded, now: this.#now };
  }

  /** The timer that is to be fired next: whatever is due, but only so many of those that were armed by firing others. */
  due(): StoredTimer | undefined {
    return this.#fired < mostTimersAtOnce ? dueTimer(this.#timers, this.#now) : undefined;
  }

  fire(timer: StoredTimer, loaded: Loaded): void {
    if (timer.armedAt > this.#firedFrom) this.#fired += 1;
    const after = this.#fire(timer, loaded);
    this.#timers = this.#timers.map((other) => (other === timer ? after : other));
  }

  /** Whether what was added so far has to be projected before the command can load. */
  mustCommitBefore({ name }: Command): boolean {
    const { loads, project } = this.#options.definition;
    return project !== undefined && this.#added.length > 0 && Object.hasOwn(loads, name);
  }

  answer({ command, digest }: PendingCommand, loaded: Loaded): Answer {
    const { definition, topic } = this.#options;
    try {
      const key = command.sender === null ? null : recordKey(command.sender, command.commandId);
      const earlier = key === null ? undefined : this.#known.get(key);
      const outcome = earlier ? repeat(definition, topic, earlier, { command, digest }) : this.#run(command, loaded);
      if (outcome.ok && command.settles !== undefined) this.#settled.push(command.settles);
      if (earlier) return { outcome };
      if (command.sender !== null && key !== null) {
        const { version } = definition;
        const record = { sender: command.sender, commandId: command.commandId, digest, outcome, version };
        this.#known.set(key, record);
        this.#recorded.push(record);
      }
      return { outcome };
    } catch (error) {
      return { error };
    }
  }

  /** @throws {Unreadable} when the timer's input cannot be lifted */
  commandOf(timer: StoredTimer): Command {
    const { definition, topic } = this.#options;
    const input = definition.lifts.timerInput(topic, timer);
    return { name: timer.command, input, user: null, sender: null, commandId: timerCommandId(timer) };
  }

  finish(answers: readonly Answer[], unfinished = false): TopicDecisions {
    const { epoch } = this.#folded;
    const { news: found } = this.#options.locked;
    const stored = found.kind === "tail" ? found.events : this.#tail;
    const news = this.#emptyRedacted([...this.#tail, ...this.#added]);
    return {
      epoch,
      reloaded: this.#reloaded,
      news,
      told: stored === this.#tail ? news : this.#emptyRedacted([...stored, ...this.#added]),
      write: this.#write(),
      effects: this.#effects,
      change: this.#change(),
      answers,
      unfinished: unfinished ? { from: this.#firedFrom, fired: this.#fired } : undefined,
    };
  }

  #change(): TopicDecisions["change"] {
    const events = this.#emptyRedacted(this.#added).filter(({ redacted }) => !redacted);
    if (events.length + this.#redacted.size === 0) return undefined;
    const { state, private: hidden } = this.#folded;
    return { events, redacts: [...this.#redacted], state, private: hidden, erasedUsers: this.#erasedUsers };
  }

  #emptyRedacted<E extends StoredEvent>(events: readonly E[]): readonly E[] {
    if (this.#redacted.size === 0) return events;
    return events.map((event) => (this.#redacted.has(event.offset) ? emptied(event) : event));
  }

  #write(): TopicWrite | undefined {
    const { topic, locked } = this.#options;
    const timersChanged = this.#timers !== locked.timers;
    const written = this.#added.length + this.#recorded.length + this.#settled.length + this.#redacted.size;
    if (written === 0 && !timersChanged) return undefined;
    const snapshot = this.#snapshot();
    return {
      topic,
      head: { offset: this.#folded.offset, at: this.#folded.at },
      events: this.#added,
      records: this.#recorded,
      ...(timersChanged && { timers: this.#timers }),
      ...(snapshot && { snapshot }),
      ...(this.#effects.length > 0 && { effects: this.#effects }),
      ...(this.#settled.length > 0 && { settled: this.#settled }),
      ...(this.#redacted.size > 0 && { redactions: this.#redactions() }),
      ...(this.#untold && { newEpoch: true }),
    };
  }

  #redactions(): readonly Redaction[] {
    const { topic } = this.#options;
    return [...this.#redacted].map((offset) => ({ offset, effects: effectIds(topic, offset) }));
  }

  /**
   * A snapshot is due whenever the log passes a multiple of the channel's interval, on whichever node that happens, and behind an event
   * that is redacted, so that no fold ever needs it. Where the channel compacts, the former is made later, off the lock.
   */
  #snapshot(): StoredSnapshot | undefined {
    const { snapshotEvery, compact, version } = this.#options.definition;
    const passed = Math.floor(this.#folded.offset / snapshotEvery) > Math.floor(this.#start.offset / snapshotEvery);
    return (passed && !compact) || this.#redacted.size > 0 ? toSnapshot(this.#folded, version) : undefined;
  }

  /** Nothing of a command that throws is kept, wherever it throws. */
  #run(command: Command, loaded: Loaded): AnyOutcome {
    const { definition, topic } = this.#options;
    if (loaded && "error" in loaded) throw loaded.error;
    const decision = decide(definition, topic.params, this.#folded, { ...command, loaded: loaded?.value }, this.#now);
    const events = place(decision, command, this.#folded.offset, this.#now, definition.version);
    const last = events.at(-1);
    if (command.erases && decision.verdict.ok) this.#erasedUsers.push(command.erases.userId);
    if (last) {
      const folded = { epoch: this.#folded.epoch, offset: last.offset, at: last.at, ...decision.after };
      const effects = events.flatMap((event) => this.#effectsOf(event, folded));
      this.#timers = this.#arm(folded, this.#timers, decision.redacts.length > 0);
      this.#folded = folded;
      for (const event of events) this.#added.push(event);
      for (const effect of effects) this.#effects.push(effect);
    }
    for (const offset of decision.redacts) this.#redacted.add(offset);
    this.#untold ||= !last && decision.redacts.length > 0;
    return decision.verdict.ok ? { ...decision.verdict, offset: this.#folded.offset } : decision.verdict;
  }

  #effectsOf({ type, data, secret, offset, at }: StoredEvent, after: Folded): readonly StoredEffect[] {
    const { definition, topic } = this.#options;
    const { epoch, state, private: hidden } = after;
    const event = { type, data, offset, at, secret: secret ?? undefined };
    const effects = definition.effects?.(event, { params: topic.params, state, private: hidden }) ?? [];
    return toStoredEffects(topic, { epoch, offset, at }, effects);
  }

  /** The timer as it is after its command ran: fired, also when the command was rejected, or to be tried again. */
  #fire(timer: StoredTimer, loaded: Loaded): StoredTimer {
    const { definition, topic, logger } = this.#options;
    const command = this.commandOf(timer);
    try {
      if (isPrepared(definition, timer.command)) throw unprepared(definition.name, timer.command);
      const outcome = this.#run(command, loaded);
      if (!outcome.ok) logger.warn({ topic: topic.id, timer: timer.name, outcome }, "a timer's command was rejected");
      return firedTimer(timer);
    } catch (error) {
      if (isUnavailable(error)) return hinderedTimer(timer, this.#now);
      const failed = failedTimer(timer, this.#now);
      const message = failed.status === "parked" ? "a timer failed too often and is parked" : "a timer failed";
      logger.error({ error, topic: topic.id, timer: timer.name, attempts: failed.attempts }, message);
      return failed;
    }
  }

  /**
   * What is named may be new though nothing was written: in the topic's first state, or by another version of the code. A state whose
   * timers cannot be named has those that it had.
   */
  #nameTimers(current: readonly StoredTimer[]): readonly StoredTimer[] {
    const { topic, logger } = this.#options;
    try {
      return this.#arm(this.#folded, current);
    } catch (error) {
      logger.error({ error, topic: topic.id }, "the timers of a topic could not be named; it keeps those that it had");
      return current;
    }
  }

  #arm({ state, offset }: Folded, current: readonly StoredTimer[], redacts = false): readonly StoredTimer[] {
    const { definition, topic } = this.#options;
    if (!definition.timers) return current;
    const named = namedTimers(definition, state, topic.params);
    const timers = armTimers(current, named, offset, definition.version);
    return redacts ? renewInputs(timers, named, definition.version) : timers;
  }
}

/** A timer fires under the topic's lock, where nothing may wait for a `prepare`. */
function unprepared(channel: string, command: string): ShoalError {
  return misuse(
    `A timer cannot run "${channel}.${command}", which has a \`prepare\`. Give the timer a command without one.`,
  );
}

/**
 * The recorded answer of a command that came before.
 *
 * @throws {ShoalError} `CONFLICT` when it came with another input
 * @throws {Unreadable} when it cannot be lifted
 */
export function repeat(
  definition: Definition,
  topic: TopicRef,
  record: CommandRecord,
  sent: PendingCommand,
): AnyOutcome {
  if (record.digest === sent.digest) return definition.lifts.outcome(topic, sent.command.name, record);
  throw new ShoalError(
    "CONFLICT",
    `The commandId "${record.commandId}" was used before with another input. Send this one with a new id.`,
  );
}

/** The first event carries what the command redacts, so that every node hears of it. */
function place(
  { events, redacts }: Decision,
  { commandId, user }: Command,
  offset: number,
  at: number,
  version: number,
): StoredEvent[] {
  return events.map(({ type, data, secret }, index) => ({
    offset: offset + 1 + index,
    at,
    type,
    data,
    secret,
    commandId,
    userId: user?.id ?? null,
    version,
    ...(index === 0 && redacts.length > 0 && { redacts }),
  }));
}

function recordKey(sender: string, commandId: string): string {
  return JSON.stringify([sender, commandId]);
}
