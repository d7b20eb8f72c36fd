import {
  type ChannelTypes,
  type CommandOutcome,
  type CommandSend,
  type CreatingCommand,
  type Frame,
  ShoalError,
} from "@shoal/contract";
import type { SqlExecutor } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { User } from "../user.ts";
import type { Caller } from "./access.ts";
import type { Definition } from "./definition.ts";
import { isA } from "./is-a.ts";
import type { TopicReader } from "./serve-options.ts";
import type { Service } from "./service.ts";

/** The server itself, as one who acts on a topic: it may do everything, internal commands included, and sees everything. */
export const system: unique symbol = Symbol("shoal.system");

/** Who acts: a user, nobody who is signed in, or the {@link system}. */
export type Actor = User | null | typeof system;

export interface SendCommandOptions {
  /**
   * Makes a repetition the same command: 1 to 128 characters, unique for the sender and the topic. `null`, of the {@link system}: there will
   * be none, and the answer is not kept for one.
   * @default a new one
   */
  readonly commandId?: string | null;
  /**
   * Decides and writes in this transaction of the application, on the same Postgres. If the caller rolls back, there was
   * no command. The isolation level must be READ COMMITTED, and the topic stays locked until the transaction ends.
   */
  readonly tx?: SqlExecutor;
}

type SendFunction<T extends ChannelTypes, K extends keyof T["commands"]> = (
  ...args: {} extends CommandSend<T, K>
    ? [input?: CommandSend<T, K>, options?: SendCommandOptions]
    : [input: CommandSend<T, K>, options?: SendCommandOptions]
) => Promise<CommandOutcome<T, K>>;

/** A topic in the server's own hand: what a client may do, without a client. */
export interface TopicHandle<T extends ChannelTypes> extends TopicReader<T> {
  readonly send: { readonly [K in Exclude<keyof T["commands"], CreatingCommand<T>>]: SendFunction<T, K> };
  /** Every frame, as a client would get it, until the iteration ends or `signal` aborts. */
  subscribe(options?: {
    readonly position?: string;
    readonly signal?: AbortSignal;
  }): AsyncIterable<{ readonly id: string; readonly frame: Frame<T> }>;
}

/** A topic in the hand of the {@link system}. */
export interface SystemTopicHandle<T extends ChannelTypes> extends TopicHandle<T> {
  /**
   * Deletes the topic: its events, its state, its timers, the answers of its commands and the effects that wait to follow from it. Only its
   * params stay. It begins anew at offset 0, and whoever watches it gets a snapshot of its first state, with the reason `epoch`.
   */
  erase(): Promise<void>;
}

/** A topic before it is said who acts on it. */
export interface TopicFor<T extends ChannelTypes> {
  as(who: typeof system): SystemTopicHandle<T>;
  /** Acts as a user, authorized like any other caller (with `ctx` undefined), or as the {@link system}. */
  as(who: Actor): TopicHandle<T>;
}

/** A channel before it is said who makes a topic of it. */
export interface ChannelFor<T extends ChannelTypes> {
  as(who: Actor): { readonly [K in CreatingCommand<T>]: SendFunction<T, K> };
}

export function topicFor(service: Service, definition: Definition, params: object, tenant: string | undefined) {
  return { as: (who: Actor) => handleFor(service, definition, callerOf(who, tenant), params) };
}

/** A topic as a hook gets it. */
export function handOf(service: Service, definition: Definition, { params, tenant }: TopicRef) {
  const caller = { ...callerOf(system, tenant ?? undefined), hook: true };
  return handleFor(service, definition, caller, params);
}

function handleFor(service: Service, definition: Definition, caller: Caller, params: object) {
  const send = async (name: string, input: object, options: SendCommandOptions) =>
    await service.command(definition, caller, service.parseParams(definition, params), name, input, options);
  return {
    ...service.reader(definition, caller, params),
    send: functionsOf(definition, false, send),
    subscribe: ({ position, signal }: { position?: string; signal?: AbortSignal } = {}) =>
      frames(service, definition, caller, params, position, signal),
    erase: () => service.erase(definition, caller, params),
  };
}

export function channelFor(service: Service, definition: Definition, tenant: string | undefined) {
  return {
    as(who: Actor) {
      const caller = callerOf(who, tenant);
      return functionsOf(definition, true, (name, input, options) =>
        service.create(definition, caller, name, input, options),
      );
    },
  };
}

function callerOf(who: Actor, tenant: string | undefined): Caller {
  return who === system ? { user: null, ctx: undefined, system: true, tenant } : { user: who, ctx: undefined, tenant };
}

function functionsOf(
  { commands, meters }: Definition,
  creating: boolean,
  send: (name: string, input: object, options: SendCommandOptions) => Promise<unknown>,
) {
  const names = Object.keys(commands).filter((name) => (commands[name]?.creates === true) === creating);
  const functions = names.map((name) => {
    const run = (input: object = {}, options: SendCommandOptions = {}) =>
      send(name, input, options).catch((error) => {
        meters.threw(isA(error, ShoalError) ? error.code : undefined);
        throw error;
      });
    return [name, run] as const;
  });
  return Object.fromEntries(functions);
}

async function* frames(
  service: Service,
  definition: Definition,
  caller: Caller,
  params: object,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
) {
  const valid = service.parseParams(definition, params);
  const watch = await service.watch(definition, caller, valid, { lastEventId }, { signal, prompt: true });
  for await (const [id, frame] of watch) yield { id, frame };
}
