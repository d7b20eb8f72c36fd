import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Logger } from "../logger.ts";
import type { CommandKey, Locked, Store, StoredEvent } from "../store.ts";
import type { Command } from "./decide.ts";
import { decideTopic, type PendingCommand, type TopicDecisions } from "./decide-topic.ts";
import type { LiveTopic } from "./live-topic.ts";

/** How many commands of one topic a transaction takes; the rest is in the next one. */
const mostOfTopic = 1_000;

interface Waiting extends PendingCommand {
  resolve(outcome: AnyOutcome): void;
  reject(error: unknown): void;
}

interface Group {
  readonly live: LiveTopic;
  readonly commands: readonly Waiting[];
}

export interface CommandsOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** Tells other nodes what was committed. */
  readonly publish: (live: LiveTopic, epoch: string, events: readonly StoredEvent[]) => void;
}

/**
 * Group commit. Commands queue by topic; one transaction takes all that are ready, decides them in memory and commits
 * once, while the next group gathers. An answer is given after the commit, and only then are the events published.
 */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #queues = new Map<LiveTopic, Waiting[]>();
  #running: Promise<void> | undefined;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Decides a command and keeps what came of it. The promise is fulfilled when it is committed. */
  submit(live: LiveTopic, command: Command, digest: string): Promise<AnyOutcome> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(live) ?? [];
      queue.push({ command, digest, resolve, reject });
      this.#queues.set(live, queue);
      this.#running ??= this.#run();
    });
  }

  /** Fulfilled when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#queues.size > 0) await this.#commit(this.#take());
    this.#running = undefined;
  }

  #take(): readonly Group[] {
    return [...this.#queues].map(([live, queue]) => {
      const commands = queue.splice(0, mostOfTopic);
      if (queue.length === 0) this.#queues.delete(live);
      return { live, commands };
    });
  }

  async #commit(groups: readonly Group[]): Promise<void> {
    const bases = new Map(groups.map(({ live }) => [live, live.folded]));
    const requests = groups.map(({ live, commands }) => ({
      topic: live.ref,
      known: live.folded,
      commands: commands.flatMap(({ command }) => keyOf(command) ?? []),
    }));
    let decided: { group: Group; decisions: TopicDecisions }[] = [];
    const decideAll = ({ now, topics }: Locked) => {
      decided = groups.flatMap((group) => {
        const locked = topics.get(group.live.ref.id);
        const base = bases.get(group.live);
        if (!locked || !base) return [];
        const { definition, ref } = group.live;
        return { group, decisions: decideTopic(definition, ref, base, locked, group.commands, now) };
      });
      return decided.flatMap(({ decisions }) => decisions.write ?? []);
    };
    try {
      await this.#options.store.transaction(requests, decideAll);
    } catch (error) {
      return this.#fail(groups, error);
    }
    for (const { group, decisions } of decided) this.#publish(group, decisions);
    this.#waitAgain(groups, decided);
  }

  /** What another transaction held goes back to its place at the head of its queue. */
  #waitAgain(groups: readonly Group[], decided: readonly { readonly group: Group }[]): void {
    const done = new Set(decided.map(({ group }) => group));
    for (const group of groups) {
      if (done.has(group)) continue;
      this.#queues.set(group.live, [...group.commands, ...(this.#queues.get(group.live) ?? [])]);
    }
  }

  #publish({ live, commands }: Group, { reloaded, epoch, news, answers }: TopicDecisions): void {
    if (reloaded) live.reset(reloaded, "epoch");
    live.offer(epoch, news);
    if (news.length > 0) this.#options.publish(live, epoch, news);
    for (const [index, waiting] of commands.entries()) {
      const answer = answers[index];
      if (answer && "outcome" in answer) waiting.resolve(answer.outcome);
      else waiting.reject(answer?.error);
    }
  }

  #fail(groups: readonly Group[], error: unknown): void {
    this.#options.logger.error(
      { error, topics: groups.map(({ live }) => live.ref.id) },
      "a group of commands was not committed",
    );
    const failure =
      error instanceof ShoalError
        ? error
        : new ShoalError("SERVICE_UNAVAILABLE", "The command was not stored. Send it again.", { cause: error });
    for (const { commands } of groups) for (const waiting of commands) waiting.reject(failure);
  }
}

/** Nobody can send the command of an anonymous caller again, since nothing tells that it is the same one. */
export function keyOf({ user, commandId }: Command): CommandKey | undefined {
  return user ? { userId: user.id, commandId } : undefined;
}
