import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type {
  CommandRecord,
  LockedTopic,
  StoredEvent,
  StoredSnapshot,
  StoredTimer,
  StoredTopic,
  TopicWrite,
} from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { type Command, type Decision, decide } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, foldStored } from "./fold.ts";
import { armTimers, dueTimer, failedTimer, firedTimer, timerCommandId } from "./timers.ts";

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

/**
 * Fires what is due on a topic, then decides its waiting commands, one after the other, each on the state that the one
 * before it left. A command that throws fails alone. Pure but for the handlers.
 */
export function decideTopic(options: DecideTopicOptions, commands: readonly PendingCommand[]): TopicDecisions {
  const deciding = new Deciding(options);
  deciding.fireDue();
  const answers = commands.map((pending) => deciding.answer(pending));
  return deciding.finish(answers);
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
  #folded: Folded;
  #timers: readonly StoredTimer[];

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
    this.#timers = locked.timers;
  }

  fireDue(): void {
    // What is named may be new though nothing was written: in the topic's first state, or by another version of the code.
    this.#timers = this.#arm(this.#timers, this.#folded);
    for (let fired = 0; fired < mostTimersAtOnce; fired += 1) {
      const timer = dueTimer(this.#timers, this.#now);
      if (!timer) return;
      const after = this.#fire(timer);
      const timers = this.#timers.map((other) => (other === timer ? after : other));
      this.#timers = this.#arm(timers, this.#folded);
    }
  }

  answer({ command, digest }: PendingCommand): Answer {
    try {
      const key = command.sender === null ? null : recordKey(command.sender, command.commandId);
      const earlier = key === null ? undefined : this.#known.get(key);
      if (earlier) return { outcome: repeat(earlier, digest) };
      const outcome = this.#run(command);
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
    return { epoch, reloaded: this.#reloaded, news, write: this.#write(), answers };
  }

  #write(): TopicWrite | undefined {
    const { topic, locked } = this.#options;
    const timersChanged = this.#timers !== locked.timers;
    if (this.#added.length + this.#recorded.length === 0 && !timersChanged) return undefined;
    const snapshot = this.#snapshot();
    return {
      topic,
      head: { offset: this.#folded.offset, at: this.#folded.at },
      events: this.#added,
      records: this.#recorded,
      ...(timersChanged && { timers: this.#timers }),
      ...(snapshot && { snapshot }),
    };
  }

  /** A snapshot is due whenever the log passes a multiple of the channel's interval, on whichever node that happens. */
  #snapshot(): StoredSnapshot | undefined {
    const { snapshotEvery } = this.#options.definition;
    const { offset, at, state } = this.#folded;
    const passed = Math.floor(offset / snapshotEvery) > Math.floor(this.#start.offset / snapshotEvery);
    return passed ? { offset, at, state } : undefined;
  }

  #run(command: Command): AnyOutcome {
    const { definition, topic } = this.#options;
    const decision = decide(definition, topic.params, this.#folded.state, command, this.#now);
    const events = place(decision, command, this.#folded.offset, this.#now);
    const last = events.at(-1);
    if (last) {
      const after = { epoch: this.#folded.epoch, offset: last.offset, at: last.at, state: decision.state };
      // The channel's own code comes first: when it throws, nothing of the command is kept.
      this.#timers = this.#arm(this.#timers, after);
      this.#folded = after;
      for (const event of events) this.#added.push(event);
    }
    return decision.verdict.ok ? { ...decision.verdict, offset: this.#folded.offset } : decision.verdict;
  }

  /** The timer as it is after its command ran: fired, also when the command was rejected, or to be tried again. */
  #fire(timer: StoredTimer): StoredTimer {
    const { topic, logger } = this.#options;
    const { command: name, input } = timer;
    try {
      const command = { name, input: input as object, user: null, sender: null, commandId: timerCommandId(timer) };
      const outcome = this.#run(command);
      if (!outcome.ok) logger.warn({ topic: topic.id, timer: timer.name, outcome }, "a timer's command was rejected");
      return firedTimer(timer);
    } catch (error) {
      const failed = failedTimer(timer, this.#now);
      const message = failed.status === "parked" ? "a timer failed too often and is parked" : "a timer failed";
      logger.error({ error, topic: topic.id, timer: timer.name, attempts: failed.attempts }, message);
      return failed;
    }
  }

  #arm(current: readonly StoredTimer[], { state, offset }: Folded): readonly StoredTimer[] {
    const { definition, topic } = this.#options;
    if (!definition.timers) return current;
    return armTimers(current, definition.timers(state, topic.params), offset);
  }
}

function repeat(record: CommandRecord, digest: string): AnyOutcome {
  if (record.digest === digest) return record.outcome;
  throw new ShoalError(
    "CONFLICT",
    `The commandId "${record.commandId}" was used before with another input. Send this one with a new id.`,
  );
}

function place({ events }: Decision, { commandId, user }: Command, offset: number, at: number): StoredEvent[] {
  return events.map(({ type, data }, index) => ({
    offset: offset + 1 + index,
    at,
    type,
    data,
    commandId,
    userId: user?.id ?? null,
  }));
}

function recordKey(sender: string, commandId: string): string {
  return JSON.stringify([sender, commandId]);
}
