import {
  type MailingStatus,
  type NotificationMailings,
  notificationMailings,
} from "@shoal/contract/notification-mailings";
import type { SystemTopicHandle } from "../channel/topic-handle.ts";

/** How far a mailing is. */
export interface MailingProgress {
  readonly id: string;
  readonly status: MailingStatus;
  /** How many recipients it has, each counted once; as yet, while they are gathered. */
  readonly total: number;
  /** To how many of them the notification came. */
  readonly sent: number;
}

/** A mailing in the server's own hand. */
export interface MailingHandle {
  state(): Promise<MailingProgress>;
  /** How far it is now, and then each time it is further, until it is over or given up, or `signal` aborts. */
  subscribe(options?: { readonly signal?: AbortSignal }): AsyncIterable<MailingProgress>;
  /** Sends to nobody whose turn has not come. @returns whether it was under way */
  cancel(): Promise<boolean>;
}

type State = NotificationMailings["state"];

export function mailingHandle(id: string, topic: SystemTopicHandle<NotificationMailings>): MailingHandle {
  return {
    state: async () => toProgress(id, await topic.state()),
    subscribe: (options) => progress(id, topic, options),
    cancel: async () => (await topic.send.cancel()).ok,
  };
}

async function* progress(
  id: string,
  topic: SystemTopicHandle<NotificationMailings>,
  options: { readonly signal?: AbortSignal } | undefined,
): AsyncIterable<MailingProgress> {
  let state: State | undefined;
  let hasBegun = false;
  for await (const { frame } of topic.subscribe(options)) {
    if (frame.kind === "snapshot") state = frame.state;
    else if (frame.kind === "events" && state) state = frame.events.reduce(applyOne, state);
    else continue;
    yield toProgress(id, state);
    if (isOver(state) || (hasBegun && state.status === "none")) return;
    hasBegun ||= state.status !== "none";
  }
}

function applyOne(
  state: State,
  { type, data }: { readonly type: keyof NotificationMailings["events"]; readonly data: unknown },
) {
  return notificationMailings.apply[type](state, data as never);
}

function isOver({ status, sent, begun }: State): boolean {
  return status === "done" || (status === "cancelled" && sent === begun);
}

function toProgress(id: string, { status, total, sent }: State): MailingProgress {
  return { id, status, total, sent };
}
