import type { Channel, CommandTypes, QueryTypes } from "@shoal/contract";

/** The types of a channel that nobody knows: what the insides of the client work with. */
export interface LooseTypes {
  name: string;
  version: number;
  params: object;
  state: unknown;
  events: Record<string, unknown>;
  commands: Record<string, CommandTypes>;
  queries: Record<string, QueryTypes>;
  presence: unknown;
  broadcasts: Record<string, unknown>;
}

export type LooseChannel = Channel<LooseTypes>;
