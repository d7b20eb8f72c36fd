import type { AnyNotification, Rendered } from "@shoal/contract/notifications";
import { type PushService, serveNotifications } from "@shoal/server/notifications";
import { inbox } from "./inbox-app.ts";

/** What the hook for e-mail is called with. */
export interface Mail {
  readonly id: string;
  readonly userId: string;
  readonly tenant: string | null;
  readonly item: AnyNotification;
  readonly rendered: Rendered;
  readonly signal: AbortSignal;
}

export interface DeliveriesOptions {
  readonly email?: (mail: Mail) => unknown;
  readonly push?: PushService;
  readonly deadlineMs?: number;
  /** How long e-mail waits, in milliseconds. */
  readonly after?: number;
}

/** Inboxes with what delivers from them elsewhere. */
export function deliveryChannels({ email = () => {}, push, deadlineMs, after }: DeliveriesOptions) {
  return serveNotifications(inbox, {
    deliver: { email },
    ...(after !== undefined && { after: { email: after } }),
    ...(push && { push }),
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
}
