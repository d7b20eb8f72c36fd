import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type {
  CommandRecord,
  LockedTopic,
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
import { toStoredEffects } from "./effects.ts";
import { type Folded, foldEvents, foldStored, type TopicState, toSnapshot } from "./fold.ts";
import { armTimers, dueTimer, failedTimer, firedTimer, namedTimers, timerCommandId } from "./timers.ts";

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
  /** What others wrote since the node last looked, and then what this group adds. */
  readonly news: readonly StoredEvent[];
  readonly write: TopicWrite | undefined;
  /** What the new events mean for other topics. */
  readonly effects: readonly StoredEffect[];
  /** The new events and the state after them, as `project` is told; undefined when there are none. */
  readonly change: { readonly events: readonly StoredEvent[]; readonly state: unknown } | undefined;
  /** One for each command, in their order. */
  readonly answers: readonly Answer[];
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
    const news = [...this.#tail, ...this.#added];
    return {
      epoch,
      reloaded: this.#reloaded,
      news,
      write: this.#write(),
      effects: this.#effects,
      change: this.#change(),
      answers,
    };
  }

  #change(): TopicDecisions["change"] {
    return this.#added.length > 0 ? { events: this.#added, state: this.#folded.state } : undefined;
  }

  #write(): TopicWrite | undefined {
    const { topic, locked } = this.#options;
    const timersChanged = this.#timers !== locked.timers;
    if (this.#added.length + this.#recorded.length + this.#settled.length === 0 && !timersChanged) return undefined;
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
    };
  }

  /** A snapshot is due whenever the log passes a multiple of the channel's interval, on whichever node that happens. */
  #snapshot(): StoredSnapshot | undefined {
    const { snapshotEvery } = this.#options.definition;
    const passed = Math.floor(this.#folded.offset / snapshotEvery) > Math.floor(this.#start.offset / snapshotEvery);
    return passed ? toSnapshot(this.#folded) : undefined;
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
      this.#timers = this.#arm(folded, this.#timers);
      this.#folded = folded;
      for (const event of events) this.#added.push(event);
      for (const effect of effects) this.#effects.push(effect);
    }
    return decision.verdict.ok ? { ...decision.verdict, offset: this.#folded.offset } : decision.verdict;
  }

  #effectsOf({ type, data, offset, at }: StoredEvent, { state }: Folded): readonly StoredEffect[] {
    const { definition, topic } = this.#options;
    const effects = definition.effects?.({ type, data, offset, at }, { params: topic.params, state }) ?? [];
    return toStoredEffects(topic, offset, at, effects);
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

  #arm({ state, offset }: Folded, current: readonly StoredTimer[]): readonly StoredTimer[] {
    const { definition, topic } = this.#options;
    return definition.timers ? armTimers(current, namedTimers(definition, state, topic.params), offset) : current;
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

function place({ events }: Decision, { commandId, user }: Command, offset: number, at: number): StoredEvent[] {
  return events.map(({ type, data, secret }, index) => ({
    offset: offset + 1 + index,
    at,
    type,
    data,
    secret,
    commandId,
    userId: user?.id ?? null,
  }));
}

function recordKey(sender: string, commandId: string): string {
  return JSON.stringify([sender, commandId]);
}
