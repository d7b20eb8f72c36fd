import type { CommandDefinition, QueryDefinition, Schema } from "@shoal/contract";
import type { AnyServed, Retention, TopicReader } from "./serve-channel.ts";
import type { NamedTimer } from "./timers.ts";

/**
 * A served channel as the code behind the router sees it: the same values, with names as strings and data unknown.
 * The types were checked where the channel was defined; here every value has passed its schema.
 */
export interface Definition {
  readonly name: string;
  readonly params: Schema<object>;
  readonly events: Readonly<Record<string, Schema<unknown>>>;
  readonly commands: Readonly<Record<string, CommandDefinition>>;
  readonly queries: Readonly<Record<string, QueryDefinition>>;
  readonly presence: Schema<unknown> | undefined;
  readonly broadcasts: Readonly<Record<string, Schema<unknown>>>;
  readonly initial: (params: object) => unknown;
  readonly apply: Readonly<Record<string, (state: unknown, data: unknown) => unknown>>;
  readonly handlers: Readonly<Record<string, (call: object) => unknown>>;
  readonly queryHandlers: Readonly<Record<string, (call: AnyQueryCall) => unknown>>;
  readonly timers: ((state: unknown, params: object) => readonly NamedTimer[]) | undefined;
  readonly snapshotEvery: number;
  readonly retention: Retention;
  readonly authorize: ((call: object) => boolean | Promise<boolean>) | undefined;
  readonly authorizeQuery: ((call: object) => boolean | Promise<boolean>) | undefined;
}

interface AnyQueryCall {
  readonly input: unknown;
  readonly user: unknown;
  readonly ctx: unknown;
  topic(params: object): AnyReader;
}

// biome-ignore lint/suspicious/noExplicitAny: a reader of any channel
export type AnyReader = TopicReader<any>;

export function toDefinition({ channel, options }: AnyServed): Definition {
  const { commands = {}, queries = {} } = options as { commands?: object; queries?: object };
  return {
    name: channel.name,
    params: channel.params,
    events: channel.events,
    commands: channel.commands,
    queries: channel.queries,
    presence: channel.presence,
    broadcasts: channel.broadcasts,
    initial: (params) => channel.initial(params),
    apply: channel.apply as Definition["apply"],
    handlers: commands as Definition["handlers"],
    queryHandlers: queries as Definition["queryHandlers"],
    timers: options.timers as Definition["timers"],
    snapshotEvery: options.snapshotEvery ?? 500,
    retention: options.retention ?? {},
    authorize: options.authorize as Definition["authorize"],
    authorizeQuery: options.authorizeQuery as Definition["authorizeQuery"],
  };
}
