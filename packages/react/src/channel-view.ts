import type { Topic, TopicState } from "@shoal/client";
import type { ChannelTypes } from "@shoal/contract";
import { unknownOnServer } from "./topic-source.ts";

/** What can be done on a topic. */
export interface ChannelActions<T extends ChannelTypes> extends Pick<Topic<T>, "send" | "presence" | "broadcast"> {
  readonly topic: Topic<T>;
}

/** A topic as it is now, told apart by `status`, and what can be done on it. */
export type UseChannel<T extends ChannelTypes> = TopicState<T> & ChannelActions<T>;

/** The same for a component that selects: `state` is what it selected, and what changes besides is left out. */
export type UseSelected<T extends ChannelTypes, R> = Selected<TopicState<T>, R> & ChannelActions<T>;

type Selected<Current, R> = Current extends { readonly state: infer State }
  ? Omit<Current, "state" | "offset" | "members" | "pending"> & {
      readonly state: [State] extends [undefined] ? undefined : undefined extends State ? R | undefined : R;
    }
  : never;

/** What a hook returns that was given no params: it watches nothing. */
export interface Unwatched {
  readonly status: "idle";
  readonly stale: false;
  readonly state: undefined;
  readonly offset: undefined;
  readonly error: undefined;
  readonly members: readonly never[];
  readonly pending: 0;
  readonly send: undefined;
  readonly presence: undefined;
  readonly broadcast: undefined;
  readonly topic: undefined;
}

export interface SelectOptions<T extends ChannelTypes, R> {
  /**
   * What the component shows of the state. It renders only when that changes, or `status` or `error` does.
   *
   * @param topic - everything else there is to know of the topic, such as `members`
   */
  readonly select: (state: T["state"], topic: TopicState<T>) => R;
  /**
   * Whether what was selected is the same as before. `shallow` is for a `select` that makes a new list or object each time.
   *
   * @default Object.is
   */
  readonly equal?: ((a: NoInfer<R>, b: NoInfer<R>) => boolean) | undefined;
}

/** Stands for what is selected where nothing is. */
declare const whole: unique symbol;
export type Whole = typeof whole;

/** What the hooks for one topic return. */
export type ChannelView<T extends ChannelTypes, R> = [R] extends [Whole] ? UseChannel<T> : UseSelected<T, R>;

export const unwatched: Unwatched = {
  status: "idle",
  stale: false,
  state: undefined,
  offset: undefined,
  error: undefined,
  members: [],
  pending: 0,
  send: undefined,
  presence: undefined,
  broadcast: undefined,
  topic: undefined,
};

/** What a component sees of a topic. `has` tells whether there is a state: what was selected of one may be undefined itself. */
export interface Seen<T extends ChannelTypes, R> {
  readonly view: ChannelView<T, R>;
  readonly has: "state" | "nothing" | "nothing on a server";
}

/** What is seen of a topic in a state; `shown` where that is the same for the component. */
export function see<T extends ChannelTypes, R>(
  topic: Topic<T>,
  current: TopicState<T>,
  options: SelectOptions<T, R> | undefined,
  shown: Seen<T, R> | undefined,
): Seen<T, R> {
  const { send, presence, broadcast } = topic;
  const view = { ...(options ? select(current, options) : current), send, presence, broadcast, topic };
  const has = current.state !== undefined ? "state" : current === unknownOnServer ? "nothing on a server" : "nothing";
  if (shown?.has === has && sameView(shown.view, view, options?.equal)) return shown;
  return { view: view as unknown as ChannelView<T, R>, has };
}

function select<T extends ChannelTypes, R>(current: TopicState<T>, options: SelectOptions<T, R>) {
  const { offset, members, pending, ...rest } = current;
  return { ...rest, state: current.state === undefined ? undefined : options.select(current.state, current) };
}

function sameView(shown: object, next: object, equal: (a: never, b: never) => boolean = Object.is): boolean {
  const [before, now] = [shown as Record<string, unknown>, next as Record<string, unknown>];
  return Object.keys(now).every((key) => {
    if (Object.is(before[key], now[key])) return true;
    return key === "state" && before.state !== undefined && now.state !== undefined
      ? equal(before.state as never, now.state as never)
      : false;
  });
}
