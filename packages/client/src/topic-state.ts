import type { ChannelTypes, Member, ShoalError } from "@shoal/contract";

interface Common<T extends ChannelTypes> {
  /** Who is on the topic, as far as the client knows; always empty where the channel declares no presence. */
  readonly members: readonly Member<T["presence"]>[];
  /** How many commands of this client are on their way, or done with their effect not arrived yet. */
  readonly pending: number;
  /**
   * Whether there is a state which may be behind what the server has: the connection was lost, or the state came with the page.
   * False while there is no state, and when it is `live`.
   */
  readonly stale: boolean;
}

/** No state has arrived yet. */
export interface ConnectingTopic<T extends ChannelTypes> extends Common<T> {
  readonly status: "connecting";
  readonly stale: false;
  readonly state: undefined;
  readonly offset: undefined;
  readonly error: undefined;
}

/** The state is as the server has it, with the predictions of this client over it. */
export interface LiveTopic<T extends ChannelTypes> extends Common<T> {
  readonly status: "live";
  readonly stale: false;
  readonly state: T["state"];
  /** The last event in `state`, predictions aside. */
  readonly offset: number;
  readonly error: undefined;
}

/**
 * The state may be behind: the connection was lost, nobody watches, or it came with the page and the server has not answered yet.
 * `error` says why, where there was an error.
 */
export interface ReconnectingTopic<T extends ChannelTypes> extends Common<T> {
  readonly status: "reconnecting";
  readonly state: T["state"] | undefined;
  readonly offset: number | undefined;
  readonly error: ShoalError | undefined;
}

/** The server refused, and would again. `retry()` tries nevertheless. */
export interface FailedTopic<T extends ChannelTypes> extends Common<T> {
  readonly status: "failed";
  readonly state: T["state"] | undefined;
  readonly offset: number | undefined;
  readonly error: ShoalError;
}

/** The client was closed. */
export interface ClosedTopic<T extends ChannelTypes> extends Common<T> {
  readonly status: "closed";
  readonly state: T["state"] | undefined;
  readonly offset: number | undefined;
  readonly error: undefined;
}

/** What a topic is to its readers at a moment; told apart by `status`, and immutable. */
export type TopicState<T extends ChannelTypes> =
  | ConnectingTopic<T>
  | LiveTopic<T>
  | ReconnectingTopic<T>
  | FailedTopic<T>
  | ClosedTopic<T>;

/** What every topic starts from, and what a server renders. */
export const initialTopicState: ConnectingTopic<never> = {
  status: "connecting",
  stale: false,
  state: undefined,
  offset: undefined,
  error: undefined,
  members: [],
  pending: 0,
};
