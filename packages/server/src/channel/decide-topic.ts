import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { CommandRecord, LockedTopic, StoredEvent, StoredTopic, TopicWrite } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { type Command, type Decision, decide } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { type Folded, foldEvents, foldStored } from "./fold.ts";

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

/**
 * Decides the waiting commands of one topic, one after the other, each on the state that the one before it left.
 * A command that throws fails alone. Pure but for the handlers.
 */
export function decideTopic(
  definition: Definition,
  topic: TopicRef,
  base: Folded,
  { news, records }: LockedTopic,
  commands: readonly PendingCommand[],
  storeTime: number,
): TopicDecisions {
  const reloaded = news.kind === "reload" ? news.stored : undefined;
  const tail = news.kind === "tail" ? news.events : [];
  let folded = reloaded ? foldStored(definition, topic, reloaded) : foldEvents(definition, base, tail);
  const now = Math.max(storeTime, folded.at);
  const known = new Map(records.map((record) => [recordKey(record.userId, record.commandId), record]));
  const added: StoredEvent[] = [];
  const recorded: CommandRecord[] = [];

  const run = (pending: PendingCommand): AnyOutcome => {
    const { command, digest } = pending;
    const key = command.user && recordKey(command.user.id, command.commandId);
    const earlier = key === null ? undefined : known.get(key);
    if (earlier) return repeat(earlier, digest);
    const decision = decide(definition, topic.params, folded.state, command, now);
    const events = place(decision, command, folded.offset, now);
    folded = {
      epoch: folded.epoch,
      offset: folded.offset + events.length,
      at: events.length > 0 ? now : folded.at,
      state: decision.state,
    };
    const outcome: AnyOutcome = decision.verdict.ok ? { ...decision.verdict, offset: folded.offset } : decision.verdict;
    added.push(...events);
    if (command.user && key !== null) {
      const record = { userId: command.user.id, commandId: command.commandId, digest, outcome };
      known.set(key, record);
      recorded.push(record);
    }
    return outcome;
  };

  const answers = commands.map((pending): Answer => {
    try {
      return { outcome: run(pending) };
    } catch (error) {
      return { error };
    }
  });
  const write = added.length + recorded.length > 0 ? { topic, events: added, records: recorded } : undefined;
  return { epoch: folded.epoch, reloaded, news: [...tail, ...added], write, answers };
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

function recordKey(userId: string, commandId: string): string {
  return JSON.stringify([userId, commandId]);
}
