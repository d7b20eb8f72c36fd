import type { Channel, ChannelTypes } from "@shoal/contract";
import { ShoalError } from "@shoal/contract";
import type {
  AnyTRPCRootTypes,
  inferProcedureBuilderResolverOptions,
  TRPCRootObject,
  TRPCRuntimeConfigOptions,
} from "@trpc/server";
import { createMemoryHub } from "./broker/memory.ts";
import type { Broker } from "./broker.ts";
import { type Definition, toDefinition } from "./channel/definition.ts";
import { Engine } from "./channel/engine.ts";
import { type AnyProcedureBuilder, channelProcedures } from "./channel/procedures.ts";
import type { RealtimeRouter } from "./channel/router-types.ts";
import { type AnyServed, type ServedChannel, type ServeOptions, serveChannel } from "./channel/serve-channel.ts";
import { Service } from "./channel/service.ts";
import { type TopicFor, topicFor } from "./channel/topic-handle.ts";
import { consoleLogger, type Logger } from "./logger.ts";
import { createSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";
import type { User } from "./user.ts";

/** How a realtime is put together. Everything but the channels has a default. */
export interface RealtimeOptions<S extends readonly AnyServed[]> {
  readonly channels: S;
  /**
   * Where events are kept.
   * @default a SQLite file, `.shoal/shoal.db` in the working directory: durable, for one node
   */
  readonly store?: Store;
  /**
   * What carries events to other nodes.
   * @default a broker in memory, for this node alone
   */
  readonly broker?: Broker;
  /**
   * Where faults go: pino, or anything with its `info`, `warn` and `error`.
   * @default one JSON line each on standard error
   */
  readonly logger?: Logger;
  /**
   * How many recent events of a topic are held in memory for those who come back.
   * @default 1000
   */
  readonly ring?: number;
  /**
   * How many missed events are replayed at most; who missed more gets a snapshot.
   * @default 1000
   */
  readonly maxReplay?: number;
  /**
   * How many frames wait for a subscriber that does not read, before it is resynchronised by a snapshot.
   * @default 256
   */
  readonly queue?: number;
  /**
   * How long a topic that nobody uses stays in memory, in milliseconds.
   * @default 30000
   */
  readonly idleMs?: number;
  /**
   * How often the store is looked at for what other nodes wrote and for what is due, in milliseconds.
   * @default 1000
   */
  readonly lookMs?: number;
  /**
   * How long the result of a command is kept, so that the same `commandId` gets the same answer, in milliseconds.
   * @default 86400000, a day
   */
  readonly resultsMs?: number;
  /**
   * After how long a command that the store did not confirm fails as retryable, in milliseconds.
   * @default 4500
   */
  readonly commandDeadlineMs?: number;
}

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
  /** Deletes at once what retention lets go, instead of within a minute. */
  sweep(): Promise<void>;
  /** Ends every subscription and closes the store and the broker. */
  close(): Promise<void>;
}

/** What {@link initRealtime} returns: it knows the application's user and context. */
export interface RealtimeBuilder<R extends AnyTRPCRootTypes, W extends User | null, C> {
  /** Puts a contract together with the handlers that decide its commands. */
  serveChannel<T extends ChannelTypes>(channel: Channel<T>, options: ServeOptions<T, W, C>): ServedChannel<T, W, C>;
  /** Makes the realtime. It opens nothing before its first use. */
  createRealtime<const S extends readonly AnyServed<W, C>[]>(
    options: RealtimeOptions<S>,
  ): Realtime<RealtimeRouter<R, S>>;
}

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
      const definitions = defineAll(options.channels);
      const engine = new Engine({ ...settings, definitions });
      const service = new Service({ ...settings, engine });
      const routers = [...definitions.values()].map((definition) => [
        definition.name,
        channelProcedures(definition, { procedure, user, service, logger: settings.logger }),
      ]);
      return {
        router: t.router(Object.fromEntries(routers)) as never,
        topic: ({ name }, params, { tenant } = {}) => {
          const definition = definitions.get(name);
          if (!definition)
            throw new ShoalError("NOT_FOUND", `Channel "${name}" is not served here. Add it to createRealtime.`);
          return topicFor(service, definition, params, tenant) as never;
        },
        open: () => engine.open(),
        sweep: () => engine.sweep(),
        close: () => engine.close(),
      };
    },
  };
}

function defineAll(channels: readonly AnyServed[]): ReadonlyMap<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const served of channels) {
    const definition = toDefinition(served);
    if (definitions.has(definition.name)) {
      throw new ShoalError("BAD_REQUEST", `Two channels have the name "${definition.name}". Rename one of them.`);
    }
    definitions.set(definition.name, definition);
  }
  return definitions;
}

function withDefaults(options: Omit<RealtimeOptions<readonly AnyServed[]>, "channels">) {
  return {
    store: options.store ?? createSqliteStore(),
    broker: options.broker ?? createMemoryHub()(),
    logger: options.logger ?? consoleLogger,
    ring: options.ring ?? 1_000,
    maxReplay: options.maxReplay ?? 1_000,
    queue: options.queue ?? 256,
    idleMs: options.idleMs ?? 30_000,
    lookMs: options.lookMs ?? 1_000,
    resultsMs: options.resultsMs ?? 24 * 60 * 60 * 1_000,
    commandDeadlineMs: options.commandDeadlineMs ?? 4_500,
  };
}
