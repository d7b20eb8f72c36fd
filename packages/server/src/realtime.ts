import type { Channel, ChannelTypes } from "@shoal/contract";
import { ShoalError } from "@shoal/contract";
import type {
  AnyTRPCRootTypes,
  inferProcedureBuilderResolverOptions,
  TRPCRootObject,
  TRPCRuntimeConfigOptions,
} from "@trpc/server";
import type { NoPrivate, PrivateTypes } from "./channel/define-private.ts";
import { type Definition, toDefinition } from "./channel/definition.ts";
import { Engine } from "./channel/engine.ts";
import { type ErasedUserReport, Erasure } from "./channel/erasure.ts";
import { Lifecycle } from "./channel/lifecycle.ts";
import {
  type AnyProcedureBuilder,
  channelProcedures,
  connectionProcedures,
  identityProcedure,
} from "./channel/procedures.ts";
import type { RealtimeRouter } from "./channel/router-types.ts";
import { serveChannel } from "./channel/serve-channel.ts";
import type { AnyServed, RequiredHandlers, ServedChannel, ServeOptions } from "./channel/serve-options.ts";
import { Service } from "./channel/service.ts";
import { type ChannelFor, channelFor, handOf, type TopicFor, topicFor } from "./channel/topic-handle.ts";
import { ConnectionHooks, type ConnectionOptions, type Identity, setConnectionHooks } from "./connection-hooks.ts";
import type { Logger } from "./logger.ts";
import { nameOf, type RealtimeOptions, withDefaults } from "./realtime-options.ts";
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
  /** Deletes at once what retention lets go, instead of within a minute. */
  sweep(): Promise<void>;
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
  >(
    channel: Channel<T>,
    options: ServeOptions<T, W, C, Pd, X, A, Ld, DB> & RequiredHandlers<T>,
  ): ServedChannel<T, W, C>;
  /** Makes the realtime. It opens nothing before its first use. */
  createRealtime<const S extends readonly AnyServed[]>(
    options: RealtimeOptions<S> & ConnectionOptions<W, C> & { readonly channels: NoInfer<ServedForAll<S, W, C>> },
  ): Realtime<RealtimeRouter<R, S>>;
}

/** Each channel as it is, or the sentence that the compiler then shows. */
type ServedForAll<S extends readonly AnyServed[], W, C> = {
  readonly [I in keyof S]: S[I] extends AnyServed<W, C>
    ? S[I]
    : "This channel is served for another type of user or context than that of initRealtime";
};

/**
 * Binds Shoal to an application's tRPC.
 *
 * @param options.t - what `initTRPC.create()` returned; its transformer and error format hold here too
 * @param options.procedure - the base of every procedure, with its middlewares; by default `t.procedure`
 * @param options.user - who calls, from the context as `procedure` made it, or `null`
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
}): RealtimeBuilder<R, W, inferProcedureBuilderResolverOptions<P>["ctx"]> {
  const { t, procedure = t.procedure, user } = options;
  return {
    serveChannel,
    createRealtime: (options) => {
      const settings = withDefaults(options);
      const definitions = defineAll(options.channels, settings.logger);
      const name = nameOf(options.instance, settings.store, [...definitions.keys()]);
      const lifecycle = new Lifecycle(settings.logger);
      const hand = (definition: Definition, ref: TopicRef) => handOf(service, definition, ref);
      const engine = new Engine({ ...settings, definitions, name, lifecycle, hand });
      const erasure = new Erasure({ ...settings, engine, definitions });
      const service: Service = new Service({ ...settings, engine, erasure });
      const served = (name: string): Definition => {
        const definition = definitions.get(name);
        if (definition) return definition;
        throw new ShoalError("NOT_FOUND", `Channel "${name}" is not served here. Add it to createRealtime.`);
      };
      const routers = [...definitions.values()].map((definition) => {
        return [
          definition.name,
          channelProcedures(definition, { procedure, user, service, logger: settings.logger }),
        ] as const;
      });
      if (options.connect || options.disconnect) {
        const identities = t.router({ of: identityProcedure({ procedure, user }) });
        const identify = (ctx: unknown) => identities.createCaller(ctx as never).of(undefined) as Promise<Identity>;
        const connections = new ConnectionHooks({ hooks: options, identify, lifecycle });
        for (const [, { watch }] of routers) setConnectionHooks(watch, connections);
      }
      const connection = connectionProcedures({
        procedure: t.procedure,
        logger: settings.logger,
        now: () => engine.now(),
      });
      return {
        router: t.router({ ...Object.fromEntries(routers), connection }) as never,
        open: () => engine.open(),
        topic: ({ name }, params, { tenant } = {}) => topicFor(service, served(name), params, tenant) as never,
        channel: ({ name }, { tenant } = {}) => channelFor(service, served(name), tenant) as never,
        eraseUser: (userId, { tenant = null } = {}) => erasure.eraseUser(userId, tenant),
        sweep: () => engine.sweep(),
        close: () => engine.close(),
      };
    },
  };
}

function defineAll(channels: readonly AnyServed[], logger: Logger): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const served of channels) {
    const definition = toDefinition(served, logger);
    if (definitions.has(definition.name)) {
      throw new ShoalError("BAD_REQUEST", `Two channels have the name "${definition.name}". Rename one of them.`);
    }
    definitions.set(definition.name, definition);
  }
  return definitions;
}
