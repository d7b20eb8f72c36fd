import { type CommandOptions, newCommandId } from "@shoal/client";
import type { ChannelTypes, CommandOutcome, CommandSend, ShoalError } from "@shoal/contract";
import type { UseMutationOptions } from "@tanstack/react-query";

type Variables<T extends ChannelTypes, K extends keyof T["commands"]> =
  // biome-ignore lint/suspicious/noConfusingVoidType: it lets `mutate()` be called without an argument
  {} extends CommandSend<T, K> ? CommandSend<T, K> | void : CommandSend<T, K>;

type Options<T extends ChannelTypes, K extends keyof T["commands"], Context> = UseMutationOptions<
  CommandOutcome<T, K>,
  ShoalError,
  Variables<T, K>,
  Context
>;

/** The options of one command. Its outcome is the mutation's data, a rejection among them. */
export interface CommandOptionsOf<T extends ChannelTypes, K extends keyof T["commands"]> {
  /** For `useMutation`. A retry sends the same command again, which has one effect. */
  mutationOptions<Context = unknown>(
    overrides?: Omit<Options<T, K, Context>, "mutationKey" | "mutationFn">,
  ): Options<T, K, Context> & { readonly mutationKey: CommandKey<T, K> };
  readonly mutationKey: CommandKey<T, K>;
}

type CommandKey<T extends ChannelTypes, K> = readonly ["shoal", T["name"], "command", K];

type SendCommand = (input: object, options: CommandOptions) => Promise<unknown>;

/** @param send - sends the command */
export function commandOptionsOf(channel: string, name: string, send: SendCommand) {
  const mutationKey = ["shoal", channel, "command", name] as const;
  // TanStack Query gives each attempt of one mutation the same context object, and each mutation one of its own.
  const ids = new WeakMap<object, string>();
  const idOf = (context: object) => {
    const id = ids.get(context) ?? newCommandId();
    ids.set(context, id);
    return id;
  };
  return {
    mutationKey,
    mutationOptions: (overrides: object = {}) => ({
      networkMode: "always",
      ...overrides,
      mutationKey,
      mutationFn: (input: object = {}, context: object) => send(input, { commandId: idOf(context) }),
    }),
  };
}
