import type { AnyMigration, CommandDefinition, QueryDefinition, Schema } from "@shoal/contract";
import { consoleLogger, type Logger } from "../logger.ts";
import { ChannelMeters } from "../observe/channel-meters.ts";
import type { RateOptions } from "../security/rates.ts";
import type { Conflation } from "./conflate.ts";
import type { AudienceName } from "./cut.ts";
import type { AnyPrivate } from "./define-private.ts";
import type { Tables } from "./define-tables.ts";
import type { Derive } from "./derive.ts";
import type { Effect } from "./effects.ts";
import type { kyselyOf } from "./kysely-of.ts";
import { Lifts } from "./lifts.ts";
import type { AnyServed, Retention, TopicReader } from "./serve-options.ts";
import type { NamedTimer } from "./timers.ts";

/** An event as `view`, `conflate` and `merge` see it. */
export interface AnyEvent {
  readonly type: string;
  readonly data: unknown;
}

/**
 * A served channel as the code behind the router sees it: the same values, with names as strings and data unknown.
 * The types were checked where the channel was defined; here every value has passed its schema.
 */
export interface Definition {
  readonly name: string;
  /** What is counted of it. */
  readonly meters: ChannelMeters;
  readonly version: number;
  readonly migrate: AnyMigration | undefined;
  /** Brings what older versions wrote to this one. */
  readonly lifts: Lifts;
  readonly params: Schema<object>;
  readonly state: Schema<unknown>;
  readonly events: Readonly<Record<string, Schema<unknown>>>;
  readonly commands: Readonly<Record<string, CommandDefinition>>;
  readonly queries: Readonly<Record<string, QueryDefinition>>;
  readonly presence: Schema<unknown> | undefined;
  readonly broadcasts: Readonly<Record<string, Schema<unknown>>>;
  readonly initial: (params: object) => unknown;
  readonly apply: Readonly<Record<string, (state: unknown, data: unknown) => unknown>>;
  readonly handlers: Readonly<Record<string, (call: object) => unknown>>;
  readonly queryHandlers: Readonly<Record<string, (call: AnyQueryCall) => unknown>>;
  readonly prepares: Readonly<Record<string, (call: object) => unknown>>;
  readonly loads: Readonly<Record<string, (call: object) => Promise<unknown>>>;
  readonly project: ((tx: AnyKysely, changes: readonly object[]) => Promise<void>) | undefined;
  readonly tables: Tables<unknown> | undefined;
  readonly erased: ((tx: AnyKysely, topic: object) => Promise<void>) | undefined;
  readonly eraseUser: ((call: object) => unknown) | undefined;
  readonly owner: ((params: object) => string | null) | undefined;
  readonly findUser: ((read: AnyKysely, user: object) => Promise<readonly object[]>) | undefined;
  readonly mints: Readonly<Record<string, (call: object) => object>>;
  readonly private: AnyPrivate | undefined;
  readonly audience: ((user: unknown, params: object, asked: string | undefined) => string) | undefined;
  readonly audiences: readonly string[];
  /** At most how often an audience is sent what happened, in milliseconds, of those that are paced. */
  readonly pace: Readonly<Record<string, number | undefined>>;
  readonly view: AnyView | undefined;
  readonly conflation: Conflation | undefined;
  readonly effects: ((event: object, context: object) => readonly Effect[]) | undefined;
  readonly timers: ((state: unknown, params: object) => readonly NamedTimer[]) | undefined;
  readonly durable: boolean;
  readonly join: ((call: object) => unknown) | undefined;
  readonly leave: ((call: object) => unknown) | undefined;
  readonly whileWatched: ((call: object) => unknown) | undefined;
  readonly whileOpen: ((call: object) => unknown) | undefined;
  readonly snapshotEvery: number;
  readonly compact: ((state: unknown, call: { readonly signal: AbortSignal }) => unknown) | undefined;
  readonly compactWhen: ((state: unknown) => boolean) | undefined;
  readonly compactDeadlineMs: number;
  readonly derive: AnyDerive | undefined;
  readonly retention: Retention;
  readonly rates: RateOptions;
  readonly maxStateBytes: number;
  readonly prepareDeadlineMs: number;
  readonly prepareAgain: readonly string[];
  readonly gatherMs: number;
  readonly authorize: ((call: object) => boolean | Promise<boolean>) | undefined;
  readonly authorizeQuery: ((call: object) => boolean | Promise<boolean>) | undefined;
}

interface AnyView {
  readonly state: (state: unknown, audience: string) => unknown;
  readonly event: (event: AnyEvent, audience: string) => AnyEvent | null;
}

// biome-ignore lint/suspicious/noExplicitAny: what any channel derives
type AnyDerive = Derive<any, any, any>;

interface AnyQueryCall {
  readonly input: unknown;
  readonly user: unknown;
  readonly ctx: unknown;
  readonly now: number;
  readonly read: AnyKysely;
  topic(params: object): AnyReader;
}

type AnyKysely = ReturnType<typeof kyselyOf>;

// biome-ignore lint/suspicious/noExplicitAny: a reader of any channel
export type AnyReader = TopicReader<any>;

/** The audience of a channel that declares none. */
const everyone = "all";

/** What `serveChannel` was given, under the names it has there. */
type Settings = Partial<
  Omit<
    Definition,
    | "meters"
    | "migrate"
    | "version"
    | "lifts"
    | "handlers"
    | "queryHandlers"
    | "prepares"
    | "loads"
    | "mints"
    | "conflation"
  > & {
    readonly conflate: Conflation["keyOf"];
    readonly merge: Conflation["merge"];
    readonly commands: Definition["handlers"];
    readonly queries: Definition["queryHandlers"];
    readonly prepare: Definition["prepares"];
    readonly load: Definition["loads"];
    readonly mint: Definition["mints"];
  }
>;

export function toDefinition(
  { channel, options }: AnyServed,
  logger: Logger = consoleLogger,
  meters = new ChannelMeters(),
): Definition {
  const settings = options as Settings;
  const { name, version, migrate, state, events, commands } = channel;
  return {
    name,
    meters,
    version,
    migrate,
    lifts: new Lifts({ name, version, migrate, state, events, commands, private: settings.private, logger }),
    params: channel.params,
    state,
    events,
    commands,
    queries: channel.queries,
    presence: channel.presence,
    broadcasts: channel.broadcasts,
    initial: (params) => channel.initial(params),
    apply: channel.apply as Definition["apply"],
    handlers: settings.commands ?? {},
    queryHandlers: settings.queries ?? {},
    prepares: settings.prepare ?? {},
    loads: settings.load ?? {},
    project: settings.project,
    tables: settings.tables,
    erased: settings.erased,
    eraseUser: settings.eraseUser,
    owner: settings.owner,
    findUser: settings.findUser,
    mints: settings.mint ?? {},
    private: settings.private,
    audience: settings.audience,
    audiences: settings.audiences ?? [everyone],
    pace: settings.pace ?? {},
    view: settings.view,
    conflation: settings.conflate && { keyOf: settings.conflate, merge: settings.merge, events },
    effects: settings.effects,
    timers: settings.timers,
    durable: settings.durable ?? true,
    join: settings.join,
    leave: settings.leave,
    whileWatched: settings.whileWatched,
    whileOpen: settings.whileOpen,
    snapshotEvery: settings.snapshotEvery ?? 500,
    compact: settings.compact,
    compactWhen: settings.compactWhen,
    compactDeadlineMs: settings.compactDeadlineMs ?? 30_000,
    derive: settings.derive,
    retention: settings.retention ?? {},
    rates: settings.rates ?? {},
    maxStateBytes: settings.maxStateBytes ?? 2 * 1024 * 1024,
    prepareDeadlineMs: settings.prepareDeadlineMs ?? 10_000,
    prepareAgain: settings.prepareAgain ?? [],
    gatherMs: settings.gatherMs ?? 0,
    authorize: settings.authorize,
    authorizeQuery: settings.authorizeQuery,
  };
}

/**
 * The paces of an audience's subscribers, in milliseconds: its own, and the slower ones that they fall to; `undefined` where it has none.
 */
export function pacesOf({ pace }: Definition, audience: AudienceName): readonly [number, ...number[]] | undefined {
  const own = audience !== null && Object.hasOwn(pace, audience) ? pace[audience] : undefined;
  if (own === undefined) return undefined;
  const slower = Object.values(pace).filter((ms) => ms !== undefined && ms > own) as number[];
  return [own, ...[...new Set(slower)].sort((a, b) => a - b)];
}

/** What a channel without `audience` shows to who asks for nothing else. */
function firstOf({ audiences }: Definition): string {
  return audiences[0] ?? everyone;
}

/**
 * The audience for which a watch is cut, and by which it is paced.
 *
 * @param asked - what the client asked for; it is declared
 * @throws {Error} when the channel's `audience` names one that it does not declare
 */
export function audienceOf(definition: Definition, user: unknown, params: object, asked?: string): string {
  const { name, audience, audiences } = definition;
  if (!audience) return asked ?? firstOf(definition);
  const named = audience(user, params, asked);
  if (audiences.includes(named)) return named;
  throw new Error(`Channel "${name}": \`audience\` named "${named}", which is not among its audiences.`);
}
