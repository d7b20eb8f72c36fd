import { type AnyOutcome, ShoalError } from "@shoal/contract";
import type { Broker } from "../broker.ts";
import { openShared, type Share } from "../open-shared.ts";
import type { Sql, SqlExecutor, Store, StoredEffect, StoredRevocation } from "../store.ts";
import { resign, succeed } from "../succession.ts";
import type { TopicRef } from "../topic-ref.ts";
import { parseInput } from "./client-version.ts";
import type { Command } from "./decide.ts";
import type { Definition } from "./definition.ts";
import { kyselyOf } from "./kysely-of.ts";
import { beginOpenHooks } from "./lasting-hooks.ts";
import type { LiveTopic } from "./live-topic.ts";
import { prepare } from "./prepare.ts";
import { Side, type SideOptions } from "./side.ts";
import type { Held } from "./topics.ts";

export interface EngineOptions extends Omit<SideOptions, "channels" | "serves" | "runEffect"> {
  /** Under which one of its kind lives in this process; without it any number does. */
  readonly name?: string | undefined;
}

/** Who sends the command of an effect. */
const nobody = { user: null, ctx: undefined };

/**
 * What keeps topics alive on this node. It has a side for what is durable, and another one for what is not where a channel asks for
 * it; where the store itself is not durable, one side has all.
 */
export class Engine {
  readonly #options: EngineOptions;
  /** The first one is of the store that the others come from, and that closes theirs. */
  readonly #sides: readonly Side[];
  readonly #sideOf: ReadonlyMap<Definition, Side>;
  #opened: Promise<void> | undefined;
  #reader: ReturnType<typeof kyselyOf> | undefined;
  #broker: Share<unknown> | undefined;
  #isOpen = false;
  #hooksEnded = false;
  #closed: Promise<void> | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const shared: Omit<SideOptions, "store" | "definitions"> = {
      ...options,
      channels: [...options.definitions.keys()],
      serves: (effect) => this.#serving(effect) !== undefined,
      runEffect: (effect, from) => this.#runEffect(effect, from),
    };
    const sides = [...byStore(options)].map(([store, definitions]) => {
      return { side: new Side({ ...shared, store, definitions }), definitions };
    });
    this.#sides = sides.map(({ side }) => side);
    this.#sideOf = new Map(
      sides.flatMap(({ side, definitions }) => [...definitions.values()].map((definition) => [definition, side])),
    );
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** How many topics this node holds. */
  get size(): number {
    return this.#sides.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Runs something with a topic, which stays loaded as long as it runs, and a while longer when `allow` did not throw.
   */
  async use<R>(
    definition: Definition,
    ref: TopicRef,
    allow: (live: LiveTopic) => Promise<void>,
    run: (live: LiveTopic) => Promise<R> | R,
    hook = false,
  ): Promise<R> {
    if (!this.#lets(hook)) await this.#opening();
    return await this.#side(definition).use(definition, ref, allow, run);
  }

  /** Holds a topic until `done` is called. */
  async hold(definition: Definition, ref: TopicRef, hook = false): Promise<Held> {
    if (!this.#lets(hook)) await this.#opening();
    return this.#side(definition).hold(definition, ref);
  }

  /** The time by the store's clock, in milliseconds since the epoch, as far as this node knows it. */
  async now(): Promise<number> {
    await this.#opening();
    return this.#sides[0]?.now() ?? Date.now();
  }

  /** The tables of the store, to be read from once it is open. One for all who read. */
  get reader() {
    this.#reader ??= kyselyOf(this.#options.store.sql);
    return this.#reader;
  }

  /** Where the topics of a channel are kept. */
  storeOf(definition: Definition): Store {
    return this.#side(definition).store;
  }

  /** Deletes a topic, and what waits to be done for it. */
  async erase(definition: Definition, ref: TopicRef, project?: (sql: Sql) => Promise<void>): Promise<void> {
    const side = this.#side(definition);
    await side.store.erase(ref, project);
    side.upkeep.forget(ref.id);
  }

  /** Every store in which this node has topics. */
  get stores(): readonly Store[] {
    return this.#sides.map(({ store }) => store);
  }

  /** @param since - when the caller began to wait, by this machine's clock */
  submit(live: LiveTopic, command: Command, digest: string, since: number, within?: SqlExecutor): Promise<AnyOutcome> {
    return this.#side(live.definition).submit(live, command, digest, since, within);
  }

  /** Has every other node hear of a revocation with its next look. */
  async revoke(revocation: StoredRevocation): Promise<void> {
    await this.#opening();
    await this.#options.store.revoke(revocation);
  }

  /** Deletes now what retention lets go, instead of within a minute. */
  async sweep(): Promise<void> {
    await this.#opening();
    for (const side of this.#sides) await side.sweep();
  }

  /** Fires all that is due now and runs what follows from it, until nothing is left. */
  async settle(): Promise<void> {
    await this.#opening();
    let busy = true;
    while (busy) {
      busy = false;
      for (const side of this.#sides) if (await side.runDue()) busy = true;
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

  /** Ends what is under way and closes what was opened. */
  close(): Promise<void> {
    this.#isOpen = false;
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Whether one may go on at once. */
  #lets(hook: boolean): boolean {
    const closing = this.#closed !== undefined && !this.#hooksEnded;
    return this.#isOpen || (hook && closing && this.#sides.every(({ isOpen }) => isOpen));
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

  /** The one before it stops once the stores are open for both, so that they are not closed in between. */
  async #start(): Promise<void> {
    const { name, broker, logger } = this.#options;
    this.#broker ??= await useBroker(broker);
    for (const side of this.#sides) await side.open();
    const followed = name !== undefined && (await succeed(name, this));
    if (followed) logger.info({ name }, "the realtime before this one was closed, and this one goes on in its place");
    for (const side of this.#sides) await side.start();
    this.#isOpen = this.#closed === undefined;
    if (this.#isOpen) beginOpenHooks(this.#options, this.#options.definitions.values());
  }

  async #close(): Promise<void> {
    const { name, broker } = this.#options;
    const stopping = this.#sides.map((side) => side.stop());
    await this.#opened?.catch(() => {});
    this.#options.lifecycle.stop();
    await Promise.all(stopping);
    await this.#drain();
    await this.#endHooks();
    this.#broker ??= await useBroker(broker);
    await this.#broker.release();
    for (const side of this.#sides.toReversed()) await side.closeStore();
    if (name !== undefined) resign(name, this);
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#sides.map((side) => side.drain()));
  }

  /** Who is still here leaves; what the hooks send is committed before the stores are let go. */
  async #endHooks(): Promise<void> {
    await this.#options.lifecycle.close();
    this.#hooksEnded = true;
    await this.#drain();
  }

  #side(definition: Definition): Side {
    const side = this.#sideOf.get(definition);
    if (side) return side;
    throw new ShoalError("NOT_FOUND", `Channel "${definition.name}" is not served here.`);
  }

  /** The channel of an effect's command, where this node serves it. */
  #serving({ target, command }: StoredEffect): Definition | undefined {
    const definition = this.#options.definitions.get(target.channel);
    return definition && Object.hasOwn(definition.handlers, command) ? definition : undefined;
  }

  /**
   * An effect and its command's events are one transaction where both topics are in one store. Where they are not, it is settled
   * afterwards: until then it may run again, and gets the recorded answer.
   *
   * @throws {ShoalError} `NOT_FOUND` when the channel or the command is not served here
   */
  async #runEffect(effect: StoredEffect, from: Side): Promise<AnyOutcome> {
    const { id, target, command: name } = effect;
    const definition = this.#serving(effect);
    if (!definition) throw new ShoalError("NOT_FOUND", `"${target.channel}.${name}" is not served here.`);
    const input = parseInput(definition, name, definition.lifts.effectInput(effect));
    const side = this.#side(definition);
    const settles = side === from && { settles: id };
    const command = { name, input, user: null, sender: "effect", commandId: id, ...settles };
    const outcome = await side.use(
      definition,
      target,
      async () => {},
      async (live) => {
        const context = { caller: nobody, live, read: this.reader, now: side.now() };
        const prepared = await prepare(definition, command, context);
        return await side.submit(live, { ...command, prepared }, id, Date.now());
      },
    );
    if (side !== from && outcome.ok) await from.settle(id);
    return outcome;
  }
}

/** The channels of each store. The given one is the first, also when no channel is in it. */
function byStore({ store, definitions }: EngineOptions): ReadonlyMap<Store, ReadonlyMap<string, Definition>> {
  const stores = new Map([[store, new Map<string, Definition>()]]);
  for (const [name, definition] of definitions) {
    const own = definition.durable ? store : store.volatile();
    const others = stores.get(own) ?? new Map<string, Definition>();
    stores.set(own, others.set(name, definition));
  }
  return stores;
}

/** A broker works from its making on; what is shared is its end. */
function useBroker(broker: Broker): Promise<Share<unknown>> {
  return openShared(
    broker,
    async () => {},
    () => broker.close(),
  );
}
