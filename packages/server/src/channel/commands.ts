import { setTimeout as delay } from "node:timers/promises";
import type { AnyOutcome } from "@shoal/contract";
import { failpoint } from "#failpoint";
import type { Logger } from "../logger.ts";
import type {
  CommandKey,
  Locked,
  Sql,
  SqlExecutor,
  Store,
  StoredEffect,
  StoredEvent,
  TransactionOptions,
} from "../store.ts";
import type { Command } from "./decide.ts";
import { decideNothing, decideTopic, loadAndDecideTopic } from "./decide-topic.ts";
import type { Folded } from "./fold.ts";
import { isA } from "./is-a.ts";
import type { LiveTopic } from "./live-topic.ts";
import { loaderOf } from "./loader-of.ts";
import { projectAll } from "./project-all.ts";
import type { PendingCommand, TopicDecisions } from "./topic-decisions.ts";
import { isUnavailable } from "./unavailable.ts";
import { Unreadable } from "./unreadable.ts";
import { type Group, loads, notStored, type Waiting, WaitingCommands } from "./waiting-commands.ts";

/** How many commands are decided, or answered, before the event loop goes on: each answer may start something at once. */
const commandsATurn = 64;

interface Decided {
  readonly group: Group;
  /** The topic as this node held it when the transaction began. */
  readonly base: Folded;
  readonly decisions: TopicDecisions;
}

export interface CommandsOptions {
  readonly store: Store;
  readonly logger: Logger;
  /** How long a command waits for its answer at most, in milliseconds. */
  readonly deadlineMs: number;
  /** Tells other nodes what was committed. */
  readonly publish: (live: LiveTopic, epoch: string, events: readonly StoredEvent[]) => void;
  /** Called when something of a topic was committed and its subscribers were told. */
  readonly committed: (live: LiveTopic) => void;
  /** Runs what the committed events mean for other topics. */
  readonly runEffects: (effects: readonly StoredEffect[]) => void;
}

/**
 * Group commit. Commands queue by topic; one transaction takes all that are ready, decides them in memory and commits
 * once, while the next group gathers. An answer is given after the commit, and only then are the events published.
 *
 * A topic that another transaction holds is left out and goes on in a lane of its own, so that it delays nobody else. One of a channel that
 * gathers is left out for that time after each commit.
 */
export class Commands {
  readonly #options: CommandsOptions;
  readonly #waiting: WaitingCommands;
  readonly #lanes = new Map<LiveTopic, Promise<void>>();
  #running: Promise<void> | undefined;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#waiting = new WaitingCommands(options.deadlineMs);
  }

  /** Decides a command and keeps what came of it. The promise is fulfilled when it is committed. */
  async submit(live: LiveTopic, command: Command, digest: string, since: number): Promise<AnyOutcome> {
    return (await this.#wait(live, { command, digest }, since)) as AnyOutcome;
  }

  /**
   * Decides a command in a transaction that the application holds. The live topic does not move: whether and when the transaction commits
   * is the caller's, and the next look at the store finds it.
   */
  async submitWithin(live: LiveTopic, command: Command, digest: string, within: SqlExecutor): Promise<AnyOutcome> {
    const waiting: Waiting = { ...unheard, pending: { command, digest } };
    for (;;) {
      const [decided] = await this.#transact([{ live, waiting: [waiting] }], { within });
      waiting.firing = decided?.decisions.unfinished;
      if (waiting.firing) continue;
      const answer = decided?.decisions.answers[0];
      if (!answer) throw notStored(undefined);
      if ("error" in answer) throw answer.error;
      return answer.outcome;
    }
  }

  /** Fires what is due on a topic. The promise is fulfilled when that is committed. */
  async fireTimers(live: LiveTopic): Promise<void> {
    await this.#wait(live, undefined, Date.now());
  }

  /** Fulfilled when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running || this.#lanes.size > 0) await Promise.all([this.#running, ...this.#lanes.values()]);
    this.#waiting.stop();
  }

  #wait(live: LiveTopic, pending: PendingCommand | undefined, since: number): Promise<AnyOutcome | undefined> {
    const answer = this.#waiting.add(live, pending, since);
    this.#start();
    return answer;
  }

  #start(): void {
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    for (let groups = this.#take(); groups.length > 0; groups = this.#take()) await this.#commit(groups);
    this.#running = undefined;
  }

  /** All that is ready, but for the topics that have a lane of their own. */
  #take(): readonly Group[] {
    return this.#waiting.take((live) => !this.#lanes.has(live));
  }

  async #commit(groups: readonly Group[]): Promise<void> {
    const decided = await this.#tryToTransact(groups);
    if (!decided) return;
    await this.#publish(decided);
    for (const { group, decisions } of decided) if (!decisions.unfinished) this.#gather(group.live);
    const done = new Set(decided.map(({ group }) => group));
    for (const group of groups) if (!done.has(group)) this.#openLane(group);
  }

  /** What was committed; `undefined` when nothing was, and those who wait have been told or served in another way. */
  async #tryToTransact(groups: readonly Group[]): Promise<readonly Decided[] | undefined> {
    try {
      return await this.#transact(groups, {});
    } catch (error) {
      if (groups.length === 1 || isUnavailable(error)) this.#fail(groups, error);
      else await this.#commitEach(groups);
      return undefined;
    }
  }

  /** Topic by topic. Those that project come last, since it is mostly a projection for which the others would have to wait. */
  async #commitEach(groups: readonly Group[]): Promise<void> {
    const projects = ({ live }: Group): number => (live.definition.project ? 1 : 0);
    for (const group of groups.toSorted((a, b) => projects(a) - projects(b))) await this.#commit([group]);
  }

  async #transact(groups: readonly Group[], options: TransactionOptions): Promise<readonly Decided[]> {
    const bases = new Map(groups.map((group) => [group, group.live.folded]));
    const requests = groups.map((group) => ({
      topic: group.live.ref,
      known: group.live.folded,
      commands: commandsOf(group).flatMap(({ command }) => keyOf(command) ?? []),
    }));
    const decided: Decided[] = [];
    const decideAll = async (locked: Locked) => {
      let since = 0;
      for (const group of groups) {
        const base = bases.get(group);
        const decisions = base && (await this.#decide(group, base, locked));
        if (decisions) decided.push({ group, base, decisions });
        since += group.waiting.length;
        if (since < commandsATurn) continue;
        since = 0;
        await new Promise(setImmediate);
      }
      return decided.flatMap(({ decisions }) => decisions.write ?? []);
    };
    const project =
      groups.some(({ live }) => live.definition.project) && ((sql: Sql) => projectAll(sql, decided, this.#lockMs));
    await this.#options.store.transaction(requests, decideAll, { ...options, ...(project && { project }) });
    failpoint("before-publish");
    return decided;
  }

  /** How long an application's code may hold up a transaction: those who wait for the next one can yet be answered in time. */
  get #lockMs(): number {
    return this.#options.deadlineMs / 2;
  }

  /** Nothing when another transaction holds the topic. One that cannot be read fails alone, and those who follow it hear of it. */
  #decide(
    group: Group,
    base: Folded,
    { now, topics, sql }: Locked,
  ): TopicDecisions | Promise<TopicDecisions> | undefined {
    const { definition, ref: topic } = group.live;
    const locked = topics.get(topic.id);
    if (!locked) return undefined;
    const [first] = group.waiting;
    const { logger } = this.#options;
    const options = { definition, topic, base, locked, storeTime: now, logger, firing: first?.firing };
    const commands = commandsOf(group);
    const refuse = (error: unknown): TopicDecisions => {
      if (!isA(error, Unreadable)) throw error;
      group.live.refuse(error);
      group.live.readOn();
      return decideNothing(options, commands, error);
    };
    try {
      if (!loads(definition)) return decideTopic(options, commands);
      const loader = loaderOf(definition, topic, { sql, deadlineMs: this.#lockMs, logger });
      return loadAndDecideTopic(options, commands, loader).catch(refuse);
    } catch (error) {
      return refuse(error);
    }
  }

  /** A held topic waits for its lock apart from the others. */
  #openLane(group: Group): void {
    this.#leaveOut(group.live, this.#commitWaiting(group));
  }

  /** A topic whose commands are to be committed together waits for those that come. */
  #gather(live: LiveTopic): void {
    const { gatherMs } = live.definition;
    if (gatherMs > 0 && !this.#lanes.has(live)) this.#leaveOut(live, delay(gatherMs));
  }

  /** Until then the topic is not with the others. */
  #leaveOut(live: LiveTopic, until: Promise<void>): void {
    const lane = until.finally(() => {
      this.#lanes.delete(live);
      if (this.#waiting.has(live)) this.#start();
    });
    this.#lanes.set(live, lane);
  }

  async #commitWaiting(group: Group): Promise<void> {
    try {
      const [decided] = await this.#transact([group], { wait: true });
      if (decided) await this.#publish([decided]);
      else this.#fail([group], notStored(undefined));
    } catch (error) {
      this.#fail([group], error);
    }
  }

  /** Subscribers get the events, and then the callers their answers, in slices between which others have their turn. */
  async #publish(decided: readonly Decided[]): Promise<void> {
    for (const one of decided) {
      this.#publishEvents(one);
      if (one.decisions.change) this.#options.committed(one.group.live);
      if (one.decisions.effects.length > 0) this.#options.runEffects(one.decisions.effects);
    }
    let answered = 0;
    for (const { group, decisions } of decided) {
      if (decisions.unfinished) {
        this.#waiting.putBack(group, decisions.unfinished);
        continue;
      }
      const answers = decisions.answers.values();
      for (const waiting of group.waiting) {
        this.#waiting.answer(waiting, waiting.pending && answers.next().value);
        answered += 1;
        if (answered % commandsATurn === 0) await new Promise(setImmediate);
      }
    }
  }

  /** What is committed stays so and is answered, whatever goes wrong in telling of it. */
  #publishEvents({ group: { live }, base, decisions: { reloaded, epoch, news, told } }: Decided): void {
    try {
      if (reloaded && live.folded !== base) live.readOn();
      else if (reloaded) live.reset(reloaded);
      live.offer(epoch, news);
      if (told.length > 0) this.#options.publish(live, epoch, told);
    } catch (error) {
      this.#options.logger.error({ error, topic: live.ref.id }, "subscribers were not told of what was committed");
    }
  }

  #fail(groups: readonly Group[], error: unknown): void {
    const topics = groups.map(({ live }) => live.ref.id).slice(0, 10);
    this.#options.logger.error({ error, topics, of: groups.length }, "a group of commands was not committed");
    const failure = isUnavailable(error) ? error : notStored(error);
    for (const { waiting } of groups) {
      // An effect is told the error itself, by which it is counted as its own fault or not.
      for (const one of waiting) this.#waiting.refuse(one, isEffect(one) ? error : failure);
    }
  }
}

/** For a command whose answer is taken from the decision itself. */
const unheard = { since: 0, settled: true, resolve: () => {}, reject: () => {} };

function commandsOf({ waiting }: Group): readonly PendingCommand[] {
  return waiting.flatMap(({ pending }) => pending ?? []);
}

function isEffect({ pending }: Waiting): boolean {
  return pending?.command.settles !== undefined;
}

function keyOf({ sender, commandId }: Command): CommandKey | undefined {
  return sender === null ? undefined : { sender, commandId };
}
