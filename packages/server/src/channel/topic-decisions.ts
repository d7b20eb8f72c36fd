import type { AnyOutcome } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { LockedTopic, StoredEffect, StoredEvent, StoredTopic, TopicWrite } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Command } from "./decide.ts";
import type { Definition } from "./definition.ts";
import type { Folded } from "./fold.ts";
import type { LiftedEvent } from "./lift.ts";

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
  readonly news: readonly LiftedEvent[];
  /** The same as they are stored, for nodes whose code may be of another version. */
  readonly told: readonly StoredEvent[];
  readonly write: TopicWrite | undefined;
  /** What the new events mean for other topics. */
  readonly effects: readonly StoredEffect[];
  /** The new events and the state after them, and what is redacted, as `project` is told; undefined when there is nothing of it. */
  readonly change: ProjectedChange | undefined;
  /** One for each command, in their order; none when it is unfinished. */
  readonly answers: readonly Answer[];
  /** Set when the commands are to be decided in a transaction after this one, since they load what this one projects. */
  readonly unfinished: Firing | undefined;
}

/** How far the timers of a topic were fired before a command, over the transactions that it takes. */
export interface Firing {
  /** The offset of the topic when the first of the transactions began. */
  readonly from: number;
  /** How many of those were fired that were armed after it. */
  readonly fired: number;
}

interface ProjectedChange {
  readonly events: readonly StoredEvent[];
  readonly redacts: readonly number[];
  readonly state: unknown;
  readonly erasedUsers: readonly string[];
  readonly private: unknown;
}

export interface DecideTopicOptions {
  readonly definition: Definition;
  readonly topic: TopicRef;
  /** The topic as the node holds it. */
  readonly base: Folded;
  readonly locked: LockedTopic;
  readonly storeTime: number;
  readonly logger: Logger;
  /** What the transactions before this one did for the same commands, if they left them unfinished. */
  readonly firing?: Firing | undefined;
}
