import { type AnyOutcome, parse, ShoalError } from "@shoal/contract";
import type { Broker } from "../broker.ts";
import type { Logger } from "../logger.ts";
import type { Look, SqlExecutor, Store, StoredEffect } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import { Alarm } from "./alarm.ts";
import { Commands } from "./commands.ts";
import type { Command } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { EffectRunner } from "./effect-runner.ts";
import { readyEffects } from "./effects.ts";
import { Janitor } from "./janitor.ts";
import { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import { Lookout } from "./lookout.ts";
import { type NamedTimer, namedTimers } from "./timers.ts";
import { type Held, Topics } from "./topics.ts";

export interface EngineOptions {
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly store: Store;
  readonly broker: Broker;
  readonly logger: Logger;
  readonly ring: number;
  readonly maxReplay: number;
  readonly idleMs: number;
  readonly lookMs: number;
  readonly resultsMs: number;
  readonly commandDeadlineMs: number;
}

const janitorMs = 60_000;

/** An alarm rings a little late rather than a little early, since the two clocks are never quite the same. */
const alarmMarginMs = 5;

/** What keeps topics alive on this node: it loads them, decides commands on them, and lets nothing that is due or new wait. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #topics: Topics;
  readonly #commands: Commands;
  readonly #lookout: Lookout;
  readonly #janitor: Janitor;
  readonly #effects: EffectRunner;
  readonly #alarms = new WeakMap<LiveTopic, Alarm>();
  /** Topics whose log could not be read; the next look tries again. */
  readonly #stuck = new Set<LiveTopic>();
  #opened: Promise<void> | undefined;
  #storeOpen = false;
  #isOpen = false;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    const { definitions, store, broker, logger } = options;
    this.#options = options;
    this.#topics = new Topics({
      ...options,
      changed: (live) => this.#setAlarm(live),
      stuck: (live, error) => this.#onStuck(live, error),
      unloaded: (live) => this.#forget(live),
    });
    this.#commands = new Commands({
      store,
      logger,
      deadlineMs: options.commandDeadlineMs,
      // Not from hand to hand: those of the topic that wait already, here or on another node, come first.
      runEffects: () => this.#lookout.soon(),
      publish: ({ ref }, epoch, events) => {
        try {
          broker.publish(ref.id, { kind: "events", epoch, events });
        } catch (error) {
          logger.error({ error, topic: ref.id }, "other nodes were not told of new events; their next look finds them");
        }
      },
    });
    this.#lookout = new Lookout({ store, logger, everyMs: options.lookMs, onLook: (look) => this.#onLook(look) });
    const now = () => Date.now() + this.#lookout.aheadMs;
    this.#effects = new EffectRunner({ store, logger, now, run: (effect) => this.#runEffect(effect) });
    this.#janitor = new Janitor({
      store,
      logger,
      definitions: [...definitions.values()],
      everyMs: janitorMs,
      resultsMs: options.resultsMs,
      now,
    });
  }

  /** How many topics this node holds. */
  get size(): number {
    return this.#topics.size;
  }

  /**
   * Runs something with a topic, which stays loaded as long as it runs, and a while longer when `allow` did not throw.
   */
  async use<R>(
    definition: Definition,
    ref: TopicRef,
    allow: (live: LiveTopic) => Promise<void>,
    run: (live: LiveTopic) => Promise<R> | R,
  ): Promise<R> {
    const held = await this.hold(definition, ref);
    try {
      const live = await held.live;
      await allow(live);
      held.keep();
      return await run(live);
    } finally {
      held.done();
    }
  }

  /** Holds a topic until `done` is called. */
  async hold(definition: Definition, ref: TopicRef): Promise<Held> {
    await this.#opening();
    return this.#topics.hold(definition, ref);
  }

  /** The store's tables, to be read from. */
  async reader() {
    await this.#opening();
    return kyselyOf(this.#options.store.sql);
  }

  /** @param since - when the caller began to wait, by this machine's clock */
  submit(live: LiveTopic, command: Command, digest: string, since: number, within?: SqlExecutor): Promise<AnyOutcome> {
    if (within) return this.#commands.submitWithin(live, command, digest, within);
    return this.#commands.submit(live, command, digest, since);
  }

  /** Deletes now what retention lets go, instead of within a minute. */
  async sweep(): Promise<void> {
    await this.#opening();
    await this.#janitor.sweep();
  }

  /** Fires all that is due now and runs what follows from it, until nothing is left. */
  async settle(): Promise<void> {
    await this.#opening();
    for (;;) {
      const { due, effects, now } = await this.#lookout.look();
      const ready = readyEffects(effects, now);
      if (due.length + ready.length === 0) return;
      await Promise.all(due.map((ref) => this.#fire(ref)));
      this.#effects.take(effects);
      await this.#effects.idle();
    }
  }

  /** Ends what is under way and closes what was opened. */
  close(): Promise<void> {
    this.#isOpen = false;
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Callers hear that the server is not ready, and the log hears why. */
  async #opening(): Promise<void> {
    if (this.#isOpen) return;
    try {
      await this.open();
    } catch (error) {
      if (this.#closed) throw error;
      this.#options.logger.error({ error }, "the store could not be opened; the next request tries again");
      throw new ShoalError("SERVICE_UNAVAILABLE", "The server cannot reach its store. Try again.");
    }
  }

  /**
   * Opens the store and starts to fire what is due. Nothing is opened before the first use, or this. A failure to open is tried
   * again with the next use.
   */
  async open(): Promise<void> {
    if (this.#closed) throw new ShoalError("SERVICE_UNAVAILABLE", "The server is shutting down. Try again.");
    this.#opened ??= this.#start().catch((error) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #start(): Promise<void> {
    await this.#openStore();
    await this.#migrateTables();
    await this.#lookout.start();
    this.#janitor.start();
    this.#isOpen = true;
  }

  /** The store is opened once, also when what comes after it has to be tried again. */
  async #openStore(): Promise<void> {
    const { store, logger } = this.#options;
    if (this.#storeOpen) return;
    await store.open();
    this.#storeOpen = true;
    if (!store.durable) logger.warn({}, "events are kept in memory only and are lost with this process");
  }

  async #migrateTables(): Promise<void> {
    const { store, definitions } = this.#options;
    const db = kyselyOf(store.sql);
    for (const { name, tables } of definitions.values()) {
      if (tables)
        await store.migrate(
          name,
          tables.steps.map((step) => step(db).map((part) => part.compile().sql)),
        );
    }
  }

  async #close(): Promise<void> {
    const { broker, store } = this.#options;
    await this.#opened?.catch(() => {});
    await Promise.all([this.#lookout.stop(), this.#janitor.stop(), this.#effects.stop()]);
    await this.#commands.idle();
    await this.#topics.close();
    await broker.close();
    if (this.#storeOpen) await store.close();
  }

  #onLook({ changed, due, effects }: Look): void {
    const stuck = [...this.#stuck];
    this.#stuck.clear();
    for (const live of stuck) live.readOn();
    for (const { id, epoch, offset } of changed) this.#topics.behind(id, { epoch, offset });
    for (const ref of due) void this.#fire(ref);
    this.#effects.take(effects);
  }

  async #fire(ref: TopicRef): Promise<void> {
    const { definitions, logger } = this.#options;
    const definition = definitions.get(ref.channel);
    if (!definition) return;
    try {
      await this.use(
        definition,
        ref,
        async () => {},
        (live) => this.#commands.fireTimers(live),
      );
    } catch (error) {
      logger.error({ error, topic: ref.id }, "what is due on a topic was not fired; trying again");
    }
  }

  /** @throws {ShoalError} `NOT_FOUND` when the channel or the command is not served here */
  async #runEffect({ id, target, command: name, input }: StoredEffect): Promise<AnyOutcome> {
    const definition = this.#options.definitions.get(target.channel);
    if (!definition || !Object.hasOwn(definition.handlers, name)) {
      throw new ShoalError("NOT_FOUND", `There is no command "${target.channel}.${name}" here for an effect to run.`);
    }
    const what = `input of "${target.channel}.${name}"`;
    const schema = definition.commands[name]?.input;
    const parsed = schema ? (parse(schema, input, what) as object) : {};
    const command = { name, input: parsed, user: null, sender: "effect", commandId: id, settles: id };
    return await this.use(
      definition,
      target,
      async () => {},
      (live) => this.submit(live, command, id, Date.now()),
    );
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
    if (error instanceof ShoalError && error.code === "SERVICE_UNAVAILABLE") return;
    this.#options.logger.error(
      { error, topic: live.ref.id },
      "a topic cannot follow its log; its subscribers were sent away",
    );
    live.fail(new ShoalError("SERVICE_UNAVAILABLE", "This server cannot follow the topic now. Try again."));
  }

  #forget(live: LiveTopic): void {
    this.#alarms.get(live)?.set(null);
    this.#stuck.delete(live);
  }
}
