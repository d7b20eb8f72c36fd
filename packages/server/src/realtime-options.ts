import { ShoalError } from "@shoal/contract";
import { createMemoryHub } from "./broker/memory.ts";
import type { Broker } from "./broker.ts";
import type { AnyServed } from "./channel/serve-options.ts";
import { defaultPlan } from "./draining.ts";
import { consoleLogger, type Logger, safeLogger } from "./logger.ts";
import { Meters } from "./observe/meters.ts";
import { type Fault, Observers } from "./observe/observers.ts";
import { type RateOptions, withDefaults as ratesWithDefaults } from "./security/rates.ts";
import { createSqliteStore } from "./store/sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

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
   * Where faults go: pino, or anything with its `info`, `warn` and `error`. It is given plain JSON without tokens, errors included.
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
   * How many frames wait for a subscriber that does not read, before it is resynchronised by a snapshot; at most 1 MiB of them. Where a
   * channel conflates what waits into one frame, each of its events counts.
   * @default 256
   */
  readonly queue?: number;
  /**
   * How long a topic that nobody uses stays in memory, in milliseconds.
   * @default 30000
   */
  readonly idleMs?: number;
  /**
   * How many topics that nobody uses stay in memory; of more, those that were used longest ago leave before `idleMs` is over. What is
   * sent to many topics at once costs no more memory than this.
   * @default 1000
   */
  readonly maxIdleTopics?: number;
  /**
   * For how long a topic counts as watched after its last subscriber has gone, in milliseconds, so that who loads a page again does not
   * stop and start what `whileWatched` of its channel does.
   * @default 3000
   */
  readonly unwatchedMs?: number;
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
  /**
   * After how long `authorize` is asked again whether a watch may go on, in milliseconds: once for a user and a topic, however many
   * watches there are. So long a user who comes back may go on by an answer that was given before. At least 100.
   * @default 30000
   */
  readonly authorizeMs?: number;
  /**
   * How often a user may ask something of a channel that has no `rates` of its own for it, on each node.
   * @default 100 commands a minute, anything else as often as they like
   */
  readonly rates?: RateOptions;
  /**
   * Over how long `drain` sends clients elsewhere, in milliseconds; at most 7500.
   * @default 5000
   */
  readonly drainSpreadMs?: number;
  /**
   * Under which name there is one realtime in this process: when another one of the name is first used, this one closes, and its clients
   * go over to the other. So a module that hot reloading evaluates again takes over from itself. Give names to realtimes that are to
   * live side by side on one store, or `false` for any number of them.
   *
   * @default the channels' names, on the store; in memory, where nothing is to be taken over, `false`
   */
  readonly instance?: string | false;
}

/** What names a realtime in its process, if anything does. */
export function nameOf(
  instance: string | false | undefined,
  store: Store,
  channels: readonly string[],
): string | undefined {
  if (instance === false || (instance === undefined && store.key === undefined)) return undefined;
  return JSON.stringify([store.key ?? null, instance ?? [...channels].sort()]);
}

/** The one place where defaults stand. */
export function withDefaults(options: Omit<RealtimeOptions<readonly AnyServed[]>, "channels">) {
  const meters = new Meters();
  const observers = new Observers();
  return {
    meters,
    observers,
    store: options.store ?? createSqliteStore(),
    broker: options.broker ?? createMemoryHub()(),
    logger: safeLogger(options.logger ?? consoleLogger, tellingOf(meters, observers)),
    ring: options.ring ?? 1_000,
    maxReplay: options.maxReplay ?? 1_000,
    queue: options.queue ?? 256,
    idleMs: options.idleMs ?? 30_000,
    maxIdleTopics: options.maxIdleTopics ?? 1_000,
    unwatchedMs: options.unwatchedMs ?? 3_000,
    lookMs: options.lookMs ?? 1_000,
    resultsMs: options.resultsMs ?? 24 * 60 * 60 * 1_000,
    commandDeadlineMs: options.commandDeadlineMs ?? 4_500,
    authorizeMs: parseAuthorizeMs(options.authorizeMs ?? 30_000),
    rates: ratesWithDefaults(options.rates),
    drainSpreadMs: options.drainSpreadMs ?? defaultPlan.spreadMs,
  };
}

/** Counts what is logged, and tells of it. */
function tellingOf(meters: Meters, observers: Observers) {
  return (level: keyof Logger, fields: object, message: string): void => {
    if (level === "info") return;
    if (level === "error") meters.errors += 1;
    else meters.warnings += 1;
    observers.fault({ level, at: Date.now(), message, fields: fields as Fault["fields"] });
  };
}

function parseAuthorizeMs(value: number): number {
  if (Number.isFinite(value) && value >= 100) return value;
  throw new ShoalError("BAD_REQUEST", `\`authorizeMs\` is ${value}. Give it 100 milliseconds or more.`);
}
