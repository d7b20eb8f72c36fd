import type { ChannelTypes, CommandOutcome, CommandSend } from "@shoal/contract";
import type { SqlExecutor } from "../store.ts";
import type { User } from "../user.ts";
import type { Caller } from "./access.ts";
import type { Definition } from "./definition.ts";
import type { TopicReader } from "./serve-channel.ts";
import type { Service } from "./service.ts";

/** The server itself, as one who acts on a topic: it may do everything, internal commands included. */
export const system: unique symbol = Symbol("shoal.system");

export interface SendCommandOptions {
  /**
   * Makes a repetition the same command: 1 to 128 characters, unique for the sender and the topic.
   * @default a new one
   */
  readonly commandId?: string;
  /**
   * Decides and writes in this transaction of the application, on the same Postgres. If the caller rolls back, there was no command. The
   * isolation level must be READ COMMITTED, and the topic stays locked until the transaction ends.
   */
  readonly tx?: SqlExecutor;
}

/** A topic in the server's own hand: what a client may do, without a client. */
export interface TopicHandle<T extends ChannelTypes> extends TopicReader<T> {
  readonly send: {
    readonly [K in keyof T["commands"]]: (
      ...args: {} extends CommandSend<T, K>
        ? [input?: CommandSend<T, K>, options?: SendCommandOptions]
        : [input: CommandSend<T, K>, options?: SendCommandOptions]
    ) => Promise<CommandOutcome<T, K>>;
  };
}

/** A topic before it is said who acts on it. */
export interface TopicFor<T extends ChannelTypes> {
  /** Acts as a user, authorized like any other caller (with `ctx` undefined), or as the {@link system}. */
  as(who: User | null | typeof system): TopicHandle<T>;
}

export function topicFor(service: Service, definition: Definition, params: object, tenant: string | undefined) {
  return {
    as(who: User | null | typeof system) {
      const caller: Caller =
        who === system ? { user: null, ctx: undefined, system: true, tenant } : { user: who, ctx: undefined, tenant };
      return { ...service.reader(definition, caller, params), send: sender(service, definition, caller, params) };
    },
  };
}

function sender(service: Service, definition: Definition, caller: Caller, params: object) {
  const commands = Object.keys(definition.commands).map((name) => {
    const send = (input: object = {}, options: SendCommandOptions = {}) =>
      service.command(definition, caller, service.parseParams(definition, params), name, input, options);
    return [name, send] as const;
  });
  return Object.fromEntries(commands);
}
