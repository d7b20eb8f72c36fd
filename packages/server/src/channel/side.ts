import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Broker } from "../broker.ts";
import type { Logger } from "../logger.ts";
import { openShared, type Share } from "../open-shared.ts";
import { revocationsMs } from "../security/revocations.ts";
import type { Look, SqlExecutor, Store, StoredEffect, StoredRevocation } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { After } from "./after.ts";
import { Alarm } from "./alarm.ts";
import { Commands } from "./commands.ts";
import type { Command } from "./decide.ts";
import type { TableStep } from "./define-tables.ts";
import type { Definition } from "./definition.ts";
import { EffectRunner } from "./effect-runner.ts";
import { isA } from "./is-a.ts";
import { Janitor } from "./janitor.ts";
import { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import { Lookout } from "./lookout.ts";
import { type MemberHooksOptions, memberHooks } from "./member-hooks.ts";
import { type NamedTimer, namedTimers } from "./timers.ts";
import { type Held, Topics } from "./topics.ts";
import { isUnavailable } from "./unavailable.ts";
import { Unreadable } from "./unreadable.ts";
import { Upkeep } from "./upkeep.ts";

export interface SideOptions extends MemberHooksOptions {
  /** The channels whose topics are in this store. */
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly store: Store;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly ring: number;
  readonly maxReplay: number;
  readonly after?: After | undefined;
  readonly idleMs: number;
  readonly maxIdleTopics: number;
  readonly lookMs: number;
  readonly resultsMs: number;
  readonly commandDeadlineMs: number;
  /** The channels that this node serves, on whichever side. */
  readonly channels: readonly string[];
  /** Whether this node serves the command of an effect. */
  readonly serves: (effect: StoredEffect) => boolean;
  /** Runs the command of an effect that came from this side, on whichever side its topic is. */
  readonly runEffect: (effect: StoredEffect, from: Side) => Promise<AnyOutcome>;
  /** Hears what was revoked, on whichever node. */
  readonly revoked: (revocation: StoredRevocation) => void;
}

const janitorMs = 60_000;

/** An alarm rings a little late rather than a little early, since the two clocks are never quite the same. */
const alarmMarginMs = 5;

/** One store and the topics in it: it decides their commands, and lets nothing that is due or new wait. */
export class Side {
  readonly #options: SideOptions;
  readonly #topics: Topics;
  readonly #commands: Commands;
  readonly upkeep: Upkeep;
  readonly #lookout: Lookout;
  readonly #janitor: Janitor;
  readonly #effects: EffectRunner;
  readonly #alarms = new WeakMap<LiveTopic, Alarm>();
  /** Topics whose log could not be read; the next look tries again. */
  readonly #stuck = new Set<LiveTopic>();
  #opened: Promise<void> | undefined;
  #share: Share<unknown> | undefined;
  #stopped = false;

  constructor(options: SideOptions) {
    const { definitions, store, broker, logger } = options;
    this.#options = options;
    this.#topics = new Topics({
      ...options,
      changed: (live) => {
        this.#setAlarm(live);
        this.upkeep.changed(live);
      },
      loaded: (live) => this.upkeep.loaded(live),
      joined: memberHooks(options),
      stuck: (live, error) => this.#onStuck(live, error),
      unloaded: (live) => this.#forget(live),
    });
    this.#commands = new Commands({
      store,
      logger,
      deadlineMs: options.commandDeadlineMs,
      committed: (live) => this.upkeep.decided(live),
      runEffects: (effects) => {
        this.#effects.tellOfOthers(effects);
        // Not from hand to hand: those of the topic that wait already, here or on another node, come first.
        this.#lookout.soon();
      },
      publish: ({ ref }, epoch, events) => {
        try {
          broker.publish(ref.id, { kind: "events", epoch, events });
        } catch (error) {
          logger.error({ error, topic: ref.id }, "other nodes were not told of new events; their next look finds them");
        }
      },
    });
    this.upkeep = new Upkeep({
      store,
      logger,
      definitions: definitions.values(),
      lockMs: options.commandDeadlineMs / 2,
      use: (definition, ref, run) => this.use(definition, ref, async () => {}, run),
    });
    this.#lookout = new Lookout({
      store,
      logger,
      channels: options.channels,
      everyMs: options.lookMs,
      onLook: (look) => this.#onLook(look),
    });
    const now = () => this.now();
    this.#effects = new EffectRunner({
      store,
      logger,
      now,
      serves: options.serves,
      run: (effect) => options.runEffect(effect, this),
    });
    this.#janitor = new Janitor({
      store,
      logger,
      definitions: [...definitions.values()],
      everyMs: janitorMs,
      resultsMs: options.resultsMs,
      revocationsMs,
      now,
    });
  }

  get store(): Store {
    return this.#options.store;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** The time by the store's clock, in milliseconds since the epoch, as of the last look. */
  now(): number {
    return Date.now() + this.#lookout.aheadMs;
  }

  /** Whether the store is open. */
  get isOpen(): boolean {
    return this.#share !== undefined;
  }

  /** Opens the store and brings the channels' tables forward. A failure is tried again with the next call. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  /** Starts to fire what is due. */
  async start(): Promise<void> {
    if (this.#stopped) return;
    await this.#lookout.start();
    this.#janitor.start();
    this.upkeep.start();
  }

  /** Runs something with a topic, which stays loaded as long as it runs, and a while longer when `allow` did not throw. */
  async use<R>(
    definition: Definition,
    ref: TopicRef,
    allow: (live: LiveTopic) => Promise<void>,
    run: (live: LiveTopic) => Promise<R> | R,
  ): Promise<R> {
    const held = this.hold(definition, ref);
    try {
      const live = await held.live;
      live.insist();
      await allow(live);
      held.keep();
      return await run(live);
    } finally {
      held.done();
    }
  }

  hold(definition: Definition, ref: TopicRef): Held {
    return this.#topics.hold(definition, ref);
  }

  /** @param since - when the caller began to wait, by this machine's clock */
  submit(live: LiveTopic, command: Command, digest: string, since: number, within?: SqlExecutor): Promise<AnyOutcome> {
    if (within) return this.#commands.submitWithin(live, command, digest, within);
    return this.#commands.submit(live, command, digest, since);
  }

  /** Keeps no more an effect of this side, whose command another side accepted. */
  settle(effectId: string): Promise<void> {
    return this.#options.store.settle(effectId);
  }

  sweep(): Promise<void> {
    return this.#janitor.sweep();
  }

  /** Fires what is due now and runs the effects that are. @returns whether there was anything that could be */
  async runDue(): Promise<boolean> {
    const { due, effects } = await this.#lookout.look();
    const mayRun = this.#effects.mayRun(effects);
    const fired = await Promise.all(due.map((ref) => this.#fire(ref)));
    this.#effects.take(effects);
    await this.#effects.idle();
    await this.upkeep.settle();
    return mayRun || fired.includes(true);
  }

  /** Starts nothing more, and ends what it started by itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#lookout.stop(), this.#janitor.stop(), this.#effects.stop(), this.upkeep.stop()]);
  }

  /** Answers what waits, and lets go of every topic. */
  async drain(): Promise<void> {
    await this.#commands.idle();
    await this.#topics.close();
  }

  /** Lets go of the store, which is closed when no other realtime has it. */
  async closeStore(): Promise<void> {
    await this.#share?.release();
  }

  async #open(): Promise<void> {
    await this.#openStore();
    await this.#migrateTables();
  }

  /** The store is opened once, also when what comes after it has to be tried again, and when another realtime has it too. */
  async #openStore(): Promise<void> {
    const { store } = this.#options;
    if (this.#share) return;
    this.#share = await openShared(
      store,
      () => store.open(),
      () => store.close(),
    );
    this.#warnOfLoss();
  }

  /** What was asked for is said, and what may not have been meant is warned of. */
  #warnOfLoss(): void {
    const { store, definitions, logger } = this.#options;
    if (store.durable) return;
    const channels = [...definitions.values()];
    const asked = channels.filter(({ durable }) => !durable).map(({ name }) => name);
    const others = channels.filter(({ durable }) => durable).map(({ name }) => name);
    if (asked.length > 0) logger.info({ channels: asked }, "the events of these channels are not kept through a crash");
    if (others.length > 0)
      logger.warn({ channels: others }, "events are kept in memory only and are lost with this process");
  }

  async #migrateTables(): Promise<void> {
    const { store, definitions } = this.#options;
    const db = kyselyOf(store.sql);
    const compile = (step: TableStep) =>
      step(db).map((part) => {
        const { sql, parameters: params } = part.compile();
        return { sql, params };
      });
    for (const { name, tables } of definitions.values())
      if (tables) await store.migrate(name, tables.steps.map(compile));
  }

  #onLook({ changed, renewed, due, effects, revocations }: Look): void {
    for (const revocation of revocations) this.#options.revoked(revocation);
    const stuck = [...this.#stuck];
    this.#stuck.clear();
    for (const live of stuck) live.readOn();
    if (renewed) this.#topics.readOn();
    for (const { id, epoch, offset } of changed) this.#topics.behind(id, { epoch, offset });
    for (const ref of due) void this.#fire(ref);
    this.#effects.take(effects);
  }

  /** @returns whether it was not left to another time or another node */
  async #fire(ref: TopicRef): Promise<boolean> {
    const { definitions, logger } = this.#options;
    const definition = definitions.get(ref.channel);
    if (!definition || this.#stopped) return false;
    try {
      await this.use(
        definition,
        ref,
        async () => {},
        (live) => this.#commands.fireTimers(live),
      );
      return true;
    } catch (error) {
      if (isA(error, Unreadable)) return false;
      logger.error({ error, topic: ref.id }, "what is due on a topic was not fired; trying again");
      return false;
    }
  }

  /** A topic that is held fires by its own alarm, without waiting for a look. */
  #setAlarm(live: LiveTopic): void {
    if (!live.definition.timers) return;
    const alarm = this.#alarms.get(live) ?? new Alarm(() => this.#setAlarm(live));
    this.#alarms.set(live, alarm);
    const instants = this.#timersOf(live).map(({ at }) => at - this.#lookout.aheadMs + alarmMarginMs);
    const future = instants.filter((at) => at > Date.now());
    if (instants.length > future.length) void this.#fire(live.ref);
    alarm.set(future.length > 0 ? Math.min(...future) : null);
  }

  /** A topic whose timers cannot be named is served without an alarm; those that are stored already fire by a look. */
  #timersOf({ definition, folded, ref }: LiveTopic): readonly NamedTimer[] {
    try {
      return namedTimers(definition, folded.state, ref.params);
    } catch (error) {
      this.#options.logger.error({ error, topic: ref.id }, "the timers of a topic could not be named");
      return [];
    }
  }

  /**
   * The next look tries again. What the store cannot help with, such as an event that this code cannot apply, is told: to the log,
   * and to the subscribers, who then look for another node.
   */
  #onStuck(live: LiveTopic, error: unknown): void {
    this.#stuck.add(live);
    if (isA(error, Unreadable)) live.refuse(error);
    if (isUnavailable(error)) return;
    this.#options.logger.error(
      { error, topic: live.ref.id },
      "a topic cannot follow its log; its subscribers were sent away",
    );
    live.refuse(new ShoalError("SERVICE_UNAVAILABLE", "This server cannot follow the topic now. Try again."));
  }

  #forget(live: LiveTopic): void {
    this.#alarms.get(live)?.set(null);
    this.#stuck.delete(live);
  }
}
