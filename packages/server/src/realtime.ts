import type { Channel, ChannelTypes } from "@shoal/contract";
import { ShoalError } from "@shoal/contract";
import type {
  AnyTRPCProcedure,
  AnyTRPCRootTypes,
  AnyTRPCRouter,
  inferProcedureBuilderResolverOptions,
  TRPCRootObject,
  TRPCRuntimeConfigOptions,
} from "@trpc/server";
import type { NoPrivate, PrivateTypes } from "./channel/define-private.ts";
import { type Definition, toDefinition } from "./channel/definition.ts";
import { Engine } from "./channel/engine.ts";
import { type ErasedUserReport, Erasure } from "./channel/erasure.ts";
import { identifierOf } from "./channel/identify.ts";
import { WatchedHooks } from "./channel/lasting-hooks.ts";
import { Lifecycle } from "./channel/lifecycle.ts";
import { type AnyProcedureBuilder, channelProcedures, connectionProcedures } from "./channel/procedures.ts";
import type { RealtimeRouter } from "./channel/router-types.ts";
import { serveChannel } from "./channel/serve-channel.ts";
import type { AnyServed, RequiredHandlers, ServedChannel, ServeOptions } from "./channel/serve-options.ts";
import { Service } from "./channel/service.ts";
import { type ChannelFor, channelFor, handOf, type TopicFor, topicFor } from "./channel/topic-handle.ts";
import { type Handed, type HandsOf, withHands } from "./channel/with-hand.ts";
import { Draining, setDraining } from "./draining.ts";
import type { Logger } from "./logger.ts";
import type { Meters } from "./observe/meters.ts";
import type { Observer, OnlineUser } from "./observe/observers.ts";
import { type RealtimeStats, statsOf } from "./observe/stats.ts";
import { nameOf, type RealtimeOptions, withDefaults } from "./realtime-options.ts";
import { addressOf } from "./security/address.ts";
import { type ConnectionOptions, setConnections } from "./security/connections.ts";
import { Gate } from "./security/gate.ts";
import { Rates } from "./security/rates.ts";
import type { StoredRevocation } from "./store.ts";
import type { TopicRef } from "./topic-ref.ts";
import type { User } from "./user.ts";

/** The one object that an application holds. */
export interface Realtime<Router> {
  /** Mount it in the application's own router, under any name. */
  readonly router: Router;
  /**
   * A topic in the server's own hand: `realtime.topic(counter, { counterId }).as(user).send.add({ by: 1 })`.
   *
   * @param options.tenant - whose topic it is, when it is not that of the user
   * @throws {ShoalError} `NOT_FOUND` when the channel is not served here
   */
  topic<T extends ChannelTypes>(
    channel: Channel<T>,
    params: T["params"],
    options?: { readonly tenant?: string },
  ): TopicFor<T>;
  /**
   * Opens the store and starts to fire what is due, without waiting for the first request.
   *
   * @throws the reason why the store cannot be opened
   */
  open(): Promise<void>;
  /**
   * A channel in the server's own hand, for commands that make a topic: `realtime.channel(room).as(user).create({ name })`.
   *
   * @throws {ShoalError} `NOT_FOUND` when the channel is not served here
   */
  channel<T extends ChannelTypes>(channel: Channel<T>, options?: { readonly tenant?: string }): ChannelFor<T>;
  /**
   * Erases a user from every topic of a tenant, or of none: redacts the events that the user caused, asks each channel's `eraseUser` to take
   * the user out of the state, and deletes the answers to the user's commands. It looks through the whole store. Let the user in no more
   * before; what fails can be asked for again.
   */
  eraseUser(userId: string, options?: { readonly tenant?: string }): Promise<ErasedUserReport>;
  /**
   * Ends what a user watches: of one topic, of a channel, or everything; then their connections are closed, too. It has happened on this
   * node before the promise is fulfilled, and no later than that nothing more is handed to a socket for it; it happens on other nodes
   * within two seconds. It ends what is, once: whether the user may come back is for `authorize` and the application's context to say, so
   * let them say no before.
   *
   * @param who.tenant - whose user it is, where users are of a tenant
   * @param who.channel - ends only what is watched of this channel, and leaves the connections open
   * @param who.params - and only of this topic of it
   * @throws {ShoalError} `BAD_REQUEST` when it makes no sense, `NOT_FOUND` when the channel is not served here, `SERVICE_UNAVAILABLE` when other
   * nodes cannot be told, so that it is to be asked for again
   */
  revoke<T extends ChannelTypes>(who: {
    readonly userId: string;
    readonly tenant?: string | undefined;
    readonly channel?: Channel<T> | undefined;
    readonly params?: NoInfer<T["params"]> | undefined;
  }): Promise<void>;
  /** Deletes at once what retention lets go, instead of within a minute. */
  sweep(): Promise<void>;
  /** Whether clients may come here: `false` once it drains or closes. */
  readonly ready: boolean;
  /**
   * Brings clients elsewhere before the server stops, within 10 seconds: what they ask from now on is refused as retryable, what is under way
   * ends, and they are told to connect anew, spread over some of these seconds. Who stays is disconnected. The server's own hand, timers
   * and effects go on until {@link close}.
   */
  drain(): Promise<void>;
  /** What this node has done and holds, as plain JSON. */
  stats(): RealtimeStats;
  /**
   * Who is signed in and has a connection or a watch on this node: how many they are, and those of them who came first.
   *
   * @param options.limit - how many are listed at most; 1,000 by default
   */
  online(options?: { readonly limit?: number }): { readonly count: number; readonly users: readonly OnlineUser[] };
  /**
   * Tells of faults, and of users who come and go, from now on.
   *
   * @returns the function that ends it
   */
  observe(observer: Observer): () => void;
  /** Ends every subscription and closes the store and the broker, unless another realtime has them too. */
  close(): Promise<void>;
}

/** What {@link initRealtime} returns: it knows the application's user and context. */
export interface RealtimeBuilder<R extends AnyTRPCRootTypes, W extends User | null, C> {
  /** Puts a contract together with the handlers that decide its commands. */
  serveChannel<
    T extends ChannelTypes,
    Pd = {},
    X extends PrivateTypes = NoPrivate,
    const A extends string = "all",
    Ld = {},
    DB = unknown,
    V = unknown,
  >(
    channel: Channel<T>,
    options: ServeOptions<T, W, C, Pd, X, A, Ld, DB, V> & RequiredHandlers<T>,
  ): ServedChannel<T, W, C>;
  /** Makes the realtime, with what its channels bring under their names. It opens nothing before its first use. */
  createRealtime<const S extends readonly AnyServed[]>(
    options: RealtimeOptions<S> & ConnectionOptions<W, C> & { readonly channels: NoInfer<ServedForAll<S, W, C>> },
  ): Realtime<RealtimeRouter<R, S>> & HandsOf<S>;
}

/** Each channel as it is, or the sentence that the compiler then shows. */
type ServedForAll<S extends readonly AnyServed[], W, C> = {
  readonly [I in keyof S]: S[I] extends AnyServed<W, C>
    ? S[I] extends Handed<object> & { readonly channel: { readonly name: keyof Realtime<unknown> } }
      ? "This channel brings functions, and is named as a member of the realtime: rename it"
      : S[I]
    : "This channel is served for another type of user or context than that of initRealtime";
};

/**
 * Binds Shoal to an application's tRPC.
 *
 * @param options.t - what `initTRPC.create()` returned; its transformer and error format hold here too
 * @param options.procedure - the base of every procedure, with its middlewares; by default `t.procedure`
 * @param options.user - who calls, from the context as `procedure` made it, or `null`; what `authorize` said of one is taken to hold for
 * all who are the same in every field
 * @param options.expiresAt - until when a context is good, in milliseconds since the epoch (of a token, its `exp` times 1000); `null` or
 * `undefined` where it does not expire. A watch ends then with `UNAUTHORIZED`, and what is asked more than 3 seconds later is refused. Over `@shoal/server/ws` the client is asked for new
 * credentials before, and is else closed with 4001
 * @param options.address - where a request of nobody who is signed in comes from, by which rates tell them apart; by default what Shoal's
 *   own transports know of it
 *
 * @example
 * ```ts
 * const { serveChannel, createRealtime } = initRealtime({ t, procedure: protectedProcedure, user: (ctx) => ctx.user });
 * ```
 */
export function initRealtime<
  C extends object,
  M extends object,
  O extends TRPCRuntimeConfigOptions<C, M>,
  R extends AnyTRPCRootTypes,
  W extends User | null,
  P extends AnyProcedureBuilder = TRPCRootObject<C, M, O, R>["procedure"],
>(options: {
  readonly t: TRPCRootObject<C, M, O, R>;
  readonly procedure?: P;
  readonly user: (ctx: NoInfer<inferProcedureBuilderResolverOptions<P>["ctx"]>) => W | Promise<W>;
  readonly expiresAt?: (ctx: NoInfer<inferProcedureBuilderResolverOptions<P>["ctx"]>) => number | null | undefined;
  readonly address?: (ctx: NoInfer<inferProcedureBuilderResolverOptions<P>["ctx"]>) => string | undefined;
}): RealtimeBuilder<R, W, inferProcedureBuilderResolverOptions<P>["ctx"]> {
  const { t, procedure = t.procedure, user, expiresAt } = options;
  const address = (options.address ?? addressOf) as (ctx: unknown) => string | undefined;
  const routerOf = (of: AnyTRPCProcedure): AnyTRPCRouter => t.router({ of });
  const identify = identifierOf({ procedure: options.procedure, user, expiresAt, routerOf });
  return {
    serveChannel,
    createRealtime: (options) => {
      const settings = withDefaults(options);
      const definitions = defineAll(options.channels, settings);
      const name = nameOf(options.instance, settings.store, [...definitions.keys()]);
      const lifecycle = new Lifecycle(settings.logger);
      const hand = (definition: Definition, ref: TopicRef) => handOf(service, definition, ref);
      const gate = new Gate({
        ...settings,
        identify,
        expires: expiresAt !== undefined,
        hooks: options,
        lifecycle,
      });
      const revoked = (revocation: StoredRevocation) => gate.revoke(revocation);
      const engine = new Engine({ ...settings, definitions, name, lifecycle, hand, revoked });
      const watchedHooks = new WatchedHooks({ ...settings, lifecycle, hand });
      const erasure = new Erasure({ ...settings, engine, definitions });
      const service: Service = new Service({ ...settings, engine, erasure, gate, watchedHooks });
      const served = (name: string): Definition => {
        const definition = definitions.get(name);
        if (definition) return definition;
        throw new ShoalError("NOT_FOUND", `Channel "${name}" is not served here. Add it to createRealtime.`);
      };
      const draining = new Draining({ spreadMs: settings.drainSpreadMs, isClosed: () => engine.isClosed });
      const rates = new Rates({ rates: settings.rates, address });
      const parts = {
        procedure,
        user,
        expiresAt,
        service,
        logger: settings.logger,
        rates,
        draining,
        wire: settings.meters.wire,
      };
      const routers = [...definitions.values()].map((definition) => {
        return [definition.name, channelProcedures(definition, parts)] as const;
      });
      for (const [, { watch }] of routers) {
        setConnections(watch, gate.connections);
        setDraining(watch, draining);
      }
      const connection = connectionProcedures({
        procedure: t.procedure,
        logger: settings.logger,
        now: () => engine.now(),
      });
      const realtime: Realtime<never> = {
        router: t.router({ ...Object.fromEntries(routers), connection }) as never,
        open: () => engine.open(),
        topic: ({ name }, params, { tenant } = {}) => topicFor(service, served(name), params, tenant) as never,
        channel: ({ name }, { tenant } = {}) => channelFor(service, served(name), tenant) as never,
        eraseUser: (userId, { tenant = null } = {}) => erasure.eraseUser(userId, tenant),
        revoke: async ({ channel, ...who }) => service.revoke(channel && served(channel.name), who),
        sweep: () => engine.sweep(),
        get ready() {
          return draining.isReady;
        },
        drain: () => draining.drain(),
        stats: () => statsOf(settings.meters, { connections: gate.connections.size, users: gate.visitors.size }),
        online: ({ limit = 1_000 } = {}) => ({ count: gate.visitors.size, users: gate.visitors.list(limit) }),
        observe: (observer) => settings.observers.add(observer),
        close: () => engine.close(),
      };
      return withHands(realtime, options.channels) as never;
    },
  };
}

function defineAll(
  channels: readonly AnyServed[],
  { logger, meters }: { readonly logger: Logger; readonly meters: Meters },
): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const served of channels) {
    const definition = toDefinition(served, logger, meters.channel(served.channel.name));
    if (definitions.has(definition.name)) {
      throw new ShoalError("BAD_REQUEST", `Two channels have the name "${definition.name}". Rename one of them.`);
    }
    definitions.set(definition.name, definition);
  }
  return definitions;
}
