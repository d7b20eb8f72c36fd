import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import { emptied } from "../redaction.ts";
import type {
  CommandRecord,
  LockedTopic,
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
import { armTimers, dueTimer, failedTimer, firedTimer, renewInputs, timerCommandId } from "./timers.ts";

/** A command that waits, and the digest of its input, by which a repetition is told from a conflict. */
export interface PendingCommand {
  readonly command: Command;
  readonly digest: string;
}

export type Answer = { readonly outcome: AnyOutcome } | { readonly error: unknown };

/** What a group of commands comes to on one topic. */
export interface TopicDecisions {
  readonly epoch: string;
  /** The whole topic, when the node's own copy was of another generation. */
  readonly reloaded: StoredTopic | undefined;
  /** What others wrote since the node last looked, and then what this group adds; redacted ones are empty. */
  readonly news: readonly StoredEvent[];
  readonly write: TopicWrite | undefined;
  /** What the new events mean for other topics. */
  readonly effects: readonly StoredEffect[];
  /** The new events and the state after them, and what is redacted, as `project` is told; undefined when there is nothing of it. */
  readonly change: ProjectedChange | undefined;
  /** One for each command, in their order. */
  readonly answers: readonly Answer[];
}

interface ProjectedChange {
  readonly events: readonly StoredEvent[];
  readonly redacts: readonly number[];
  readonly state: unknown;
}

export interface DecideTopicOptions {
  readonly definition: Definition;
  readonly topic: TopicRef;
  /** The topic as the node holds it. */
  readonly base: Folded;
  readonly locked: LockedTopic;
  readonly storeTime: number;
  readonly logger: Logger;
}

/** A state may name a timer that is due at once, each time anew; after so many in a row the rest waits for the next group. */
const mostTimersAtOnce = 100;

/** Reads what a command decides on beside the state: the channel's own tables, in the transaction. */
export type Loader = (call: {
  readonly command: Command;
  readonly state: TopicState;
  readonly now: number;
}) => Promise<unknown> | undefined;

/**
 * Fires what is due on a topic, then decides its waiting commands, one after the other, each on the state that the one
 * before it left. A command that throws fails alone. Pure but for the handlers.
 */
export function decideTopic(options: DecideTopicOptions, commands: readonly PendingCommand[]): TopicDecisions {
  const deciding = new Deciding(options);
  for (let timer = deciding.due(); timer; timer = deciding.due()) deciding.fire(timer, undefined);
  const answers = commands.map((pending) => deciding.answer(pending, undefined));
  return deciding.finish(answers);
}

/** As {@link decideTopic}, for a channel whose commands load. */
export async function loadAndDecideTopic(
  options: DecideTopicOptions,
  commands: readonly PendingCommand[],
  load: Loader,
): Promise<TopicDecisions> {
  const deciding = new Deciding(options);
  const answers: Answer[] = [];
  for (let timer = deciding.due(); timer; timer = deciding.due()) {
    deciding.fire(timer, await attempt(load({ ...deciding.seen, command: commandOf(timer) })));
  }
  for (const pending of commands) {
    answers.push(deciding.answer(pending, await attempt(load({ ...deciding.seen, command: pending.command }))));
  }
  return deciding.finish(answers);
}

/** What was loaded, or why it could not be; undefined where nothing is to be loaded. */
type Loaded = { readonly value: unknown } | { readonly error: unknown } | undefined;

async function attempt(loading: Promise<unknown> | undefined): Promise<Loaded> {
  try {
    return loading && { value: await loading };
  } catch (error) {
    return { error };
  }
}

class Deciding {
  readonly #options: DecideTopicOptions;
  readonly #tail: readonly StoredEvent[];
  readonly #reloaded: StoredTopic | undefined;
  readonly #start: Folded;
  readonly #now: number;
  readonly #known: Map<string, CommandRecord>;
  readonly #added: StoredEvent[] = [];
  readonly #recorded: CommandRecord[] = [];
  readonly #effects: StoredEffect[] = [];
  readonly #settled: string[] = [];
  readonly #redacted = new Set<number>();
  /** Whether something is redacted and no event tells of it. */
  #untold = false;
  #folded: Folded;
  #timers: readonly StoredTimer[];
  #fired = 0;

  constructor(options: DecideTopicOptions) {
    const { definition, topic, base, locked, storeTime } = options;
    const { news } = locked;
    this.#options = options;
    this.#tail = news.kind === "tail" ? news.events : [];
    this.#reloaded = news.kind === "reload" ? news.stored : undefined;
    this.#start =
      news.kind === "reload" ? foldStored(definition, topic, news.stored) : foldEvents(definition, base, this.#tail);
    this.#folded = this.#start;
    this.#now = Math.max(storeTime, this.#start.at);
    this.#known = new Map(locked.records.map((record) => [recordKey(record.sender, record.commandId), record]));
    this.#timers = this.#nameTimers(locked.timers);
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
    if (timer.armedAt > this.#start.offset) this.#fired += 1;
    const after = this.#fire(timer, loaded);
    this.#timers = this.#timers.map((other) => (other === timer ? after : other));
  }

  answer({ command, digest }: PendingCommand, loaded: Loaded): Answer {
    try {
      const key = command.sender === null ? null : recordKey(command.sender, command.commandId);
      const earlier = key === null ? undefined : this.#known.get(key);
      const outcome = earlier ? repeat(earlier, digest) : this.#run(command, loaded);
      if (outcome.ok && command.settles !== undefined) this.#settled.push(command.settles);
      if (earlier) return { outcome };
      if (command.sender !== null && key !== null) {
        const record = { sender: command.sender, commandId: command.commandId, digest, outcome };
        this.#known.set(key, record);
        this.#recorded.push(record);
      }
      return { outcome };
    } catch (error) {
      return { error };
    }
  }

  finish(answers: readonly Answer[]): TopicDecisions {
    const { epoch } = this.#folded;
    return {
      epoch,
      reloaded: this.#reloaded,
      news: this.#emptyRedacted([...this.#tail, ...this.#added]),
      write: this.#write(),
      effects: this.#effects,
      change: this.#change(),
      answers,
    };
  }

  #change(): TopicDecisions["change"] {
    const events = this.#emptyRedacted(this.#added).filter(({ redacted }) => !redacted);
    if (events.length + this.#redacted.size === 0) return undefined;
    return { events, redacts: [...this.#redacted], state: this.#folded.state };
  }

  #emptyRedacted(events: readonly StoredEvent[]): readonly StoredEvent[] {
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
   * that is redacted, so that no fold ever needs it.
   */
  #snapshot(): StoredSnapshot | undefined {
    const { snapshotEvery } = this.#options.definition;
    const passed = Math.floor(this.#folded.offset / snapshotEvery) > Math.floor(this.#start.offset / snapshotEvery);
    return passed || this.#redacted.size > 0 ? toSnapshot(this.#folded) : undefined;
  }

  /** Nothing of a command that throws is kept, wherever it throws. */
  #run(command: Command, loaded: Loaded): AnyOutcome {
    const { definition, topic } = this.#options;
    if (loaded && "error" in loaded) throw loaded.error;
    const decision = decide(definition, topic.params, this.#folded, { ...command, loaded: loaded?.value }, this.#now);
    const events = place(decision, command, this.#folded.offset, this.#now);
    const last = events.at(-1);
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

  #effectsOf({ type, data, offset, at }: StoredEvent, { state, epoch }: Folded): readonly StoredEffect[] {
    const { definition, topic } = this.#options;
    const effects = definition.effects?.({ type, data, offset, at }, { params: topic.params, state }) ?? [];
    return toStoredEffects(topic, { epoch, offset, at }, effects);
  }

  /** The timer as it is after its command ran: fired, also when the command was rejected, or to be tried again. */
  #fire(timer: StoredTimer, loaded: Loaded): StoredTimer {
    const { topic, logger } = this.#options;
    try {
      const outcome = this.#run(commandOf(timer), loaded);
      if (!outcome.ok) logger.warn({ topic: topic.id, timer: timer.name, outcome }, "a timer's command was rejected");
      return firedTimer(timer);
    } catch (error) {
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
    const named = definition.timers(state, topic.params);
    const timers = armTimers(current, named, offset);
    return redacts ? renewInputs(timers, named) : timers;
  }
}

function commandOf(timer: StoredTimer): Command {
  const { command: name, input } = timer;
  return { name, input: input as object, user: null, sender: null, commandId: timerCommandId(timer) };
}

function repeat(record: CommandRecord, digest: string): AnyOutcome {
  if (record.digest === digest) return record.outcome;
  throw new ShoalError(
    "CONFLICT",
    `The commandId "${record.commandId}" was used before with another input. Send this one with a new id.`,
  );
}

/** The first event carries what the command redacts, so that every node hears of it. */
function place({ events, redacts }: Decision, { commandId, user }: Command, offset: number, at: number): StoredEvent[] {
  return events.map(({ type, data, secret }, index) => ({
    offset: offset + 1 + index,
    at,
    type,
    data,
    secret,
    commandId,
    userId: user?.id ?? null,
    ...(index === 0 && redacts.length > 0 && { redacts }),
  }));
}

function recordKey(sender: string, commandId: string): string {
  return JSON.stringify([sender, commandId]);
}
