import { notificationDeliveries } from "@shoal/contract/notification-deliveries";
import { pushDevices } from "@shoal/contract/push-devices";
import { testRealtime } from "@shoal/server/testing";
import { type DeliveriesOptions, deliveryChannels, type Mail } from "./delivery-channels.ts";
import { inbox } from "./inbox-app.ts";

export interface NotifyOptions {
  readonly key?: string;
  readonly source?: string;
  readonly actor?: string;
  readonly tenant?: string;
}

/** Inboxes with what delivers from them elsewhere, in a world whose time the test moves, with the mail of which the hook was told. */
export function createDeliveries({ email = () => {}, ...options }: DeliveriesOptions = {}) {
  const mails: Mail[] = [];
  const hook = (mail: Mail) => {
    mails.push(mail);
    return email(mail);
  };
  const w = testRealtime({ channels: deliveryChannels({ ...options, email: hook }), now: Date.now() });
  const handle = (userId: string, tenant?: string) => w.system(inbox, { userId }, tenant);
  return {
    w,
    mails,
    titles: () => mails.map(({ rendered }) => rendered.title),
    inbox: handle,
    deliveries: (userId: string, via: string) => w.system(notificationDeliveries, { userId, via }),
    devices: (userId: string, tenant?: string) => w.system(pushDevices, { userId }, tenant),
    /** Sends a notification, and runs what follows from it now. */
    async notify(userId: string, kind: string, data: object, sent: NotifyOptions = {}) {
      const { key = null, source = null, actor, tenant } = sent;
      const by = actor === undefined ? null : { id: actor, name: actor.toUpperCase() };
      const input = { content: { kind, data: data as never }, actor: by, source, link: null, key };
      const { result } = await handle(userId, tenant).send.notify(input);
      await w.settle();
      return result.id;
    },
    logged: () => w.logged.filter(({ level }) => level === "error").map(({ message }) => message),
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
}
