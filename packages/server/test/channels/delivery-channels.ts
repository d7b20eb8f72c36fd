import type { AnyNotification, Rendered } from "@shoal/contract/notifications";
import { serveNotificationDeliveries } from "../../src/channels/notification-deliveries.ts";
import { toDeliveries } from "../../src/channels/notification-delivery-effects.ts";
import { serveInbox } from "../../src/channels/notification-inbox.ts";
import { servePushDevices } from "../../src/channels/push-devices.ts";
import type { PushService } from "../../src/channels/push-service.ts";
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
  const settings = { ...(push && { push }), ...(deadlineMs !== undefined && { deadlineMs }) };
  return [
    serveInbox(inbox, after === undefined ? {} : { after: { email: after } }, toDeliveries),
    serveNotificationDeliveries(inbox, { ...settings, deliver: { email } }),
    ...(push ? [servePushDevices(inbox, push)] : []),
  ];
}
