import type { Sender, TaggedEvent } from "./frame.ts";
import type { AnyMigration } from "./migrate.ts";
import type { Bare, Created, Flat, Outcome } from "./outcome.ts";
import type { Schema } from "./schema.ts";

/** The types of one command. `send` is the input before parsing (defaults are optional), `input` after. */
export interface CommandTypes {
  send: unknown;
  input: unknown;
  result: unknown;
  rejections: unknown;
  internal: boolean;
  /** Whether the command makes a topic, whose params the server mints. */
  creates: boolean;
}

/** The types of one query. `send` is the input before parsing, `input` after. */
export interface QueryTypes {
  send: unknown;
  input: unknown;
  output: unknown;
}

/** All types of a channel, as plain data. Every other type of Shoal is derived from these. */
export interface ChannelTypes {
  name: string;
  version: number;
  params: object;
  state: unknown;
  events: object;
  commands: object;
  queries: object;
  /** The state of one client on a topic; `never` where the channel declares no presence. */
  presence: unknown;
  broadcasts: object;
}

/** A command's schemas as they stand at run time. */
export interface CommandDefinition {
  readonly input?: Schema<unknown>;
  readonly result?: Schema<unknown>;
  readonly rejections?: { readonly [reason: string]: Schema<unknown> };
  readonly internal?: boolean;
  readonly creates?: boolean;
}

/** A query's schemas as they stand at run time. */
export interface QueryDefinition {
  readonly input?: Schema<unknown>;
  readonly output?: Schema<unknown>;
  /** Whether its answer may be large, as `defineChannel` says. */
  readonly large?: boolean;
}

/** What a prediction may look at besides the command's input. */
export interface PredictionContext<State> {
  readonly state: State;
  /** Who sends, as far as the client knows. */
  readonly user: Sender | null;
  readonly commandId: string;
  /** The server's time in milliseconds, as far as the client knows. */
  readonly now: number;
}

/**
 * The contract of a channel, imported by both sides. Made by {@link defineChannel}.
 *
 * Name the types of an exported one, or its declaration is repeated at every use:
 *
 * ```ts
 * const definition = defineChannel("counter", …);
 * export interface Counter extends TypesOf<typeof definition> {}
 * export const counter: Channel<Counter> = definition;
 * ```
 */
export interface Channel<T extends ChannelTypes> {
  /** Carries the types and exists in none but them. */
  readonly "~types"?: T;
  readonly name: T["name"];
  /** Which version of the contract this is, from 1. */
  readonly version: T["version"];
  /** How what older versions wrote is read; undefined in version 1. */
  readonly migrate: AnyMigration | undefined;
  readonly params: Schema<T["params"]>;
  readonly state: Schema<T["state"]>;
  readonly events: { readonly [K in keyof T["events"]]: Schema<T["events"][K]> };
  readonly commands: { readonly [K in keyof T["commands"]]: CommandDefinition };
  readonly queries: { readonly [K in keyof T["queries"]]: QueryDefinition };
  readonly presence: Schema<T["presence"]> | undefined;
  readonly broadcasts: { readonly [K in keyof T["broadcasts"]]: Schema<T["broadcasts"][K]> };
  initial(params: T["params"]): T["state"];
  readonly apply: { readonly [K in keyof T["events"]]: (state: T["state"], data: Bare<T["events"][K]>) => T["state"] };
  readonly optimistic: {
    readonly [K in keyof T["commands"]]?: (
      input: Bare<PredictedInput<T["commands"][K]>>,
      context: PredictionContext<T["state"]>,
    ) => readonly TaggedEvent<T["events"]>[];
  };
}

/** `any` stays what it is, as in {@link Bare}. */
type PredictedInput<C> = 0 extends 1 & C ? C : C extends { input: infer I } ? I : never;

/** The types of a channel: `interface Counter extends TypesOf<typeof definition> {}`. */
export type TypesOf<C> = C extends Channel<infer T> ? T : never;

/** A channel of any types, for code that serves them all. */
// biome-ignore lint/suspicious/noExplicitAny: a channel is both consumer and producer of its types, so no other bound holds all
export type AnyChannel = Channel<any>;

/** The names of the commands that clients may send; an internal one is for the server alone. */
export type PublicCommand<T extends ChannelTypes> = {
  [K in keyof T["commands"]]: T["commands"][K] extends { internal: true } ? never : K;
}[keyof T["commands"]];

/** The names of the commands that make a topic, and so are sent to a channel and not to one of its topics. */
export type CreatingCommand<T extends ChannelTypes> = {
  [K in keyof T["commands"]]: T["commands"][K] extends { creates: true } ? K : never;
}[keyof T["commands"]];

/** What one passes to send a command: its fields before parsing. */
export type CommandSend<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  send: infer Send;
}
  ? Flat<Send>
  : never;

/** What a command's handler gets: its fields after parsing. */
export type CommandInput<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  input: infer Input;
}
  ? Flat<Input>
  : never;

/** What a command answers. */
export type CommandOutcome<T extends ChannelTypes, K extends keyof T["commands"]> = T["commands"][K] extends {
  result: infer Result;
  rejections: infer Rejections;
  creates: infer Creates;
}
  ? Creates extends true
    ? Created<Result, Rejections, T["params"]>
    : Outcome<Result, Rejections>
  : never;

/** What one passes to a query. */
export type QuerySend<T extends ChannelTypes, K extends keyof T["queries"]> = T["queries"][K] extends {
  send: infer Send;
}
  ? Flat<Send>
  : never;

/** What a query answers. */
export type QueryOutput<T extends ChannelTypes, K extends keyof T["queries"]> = T["queries"][K] extends {
  output: infer Output;
}
  ? Output
  : never;
