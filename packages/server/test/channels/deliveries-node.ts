import { initRealtime, type Store, system, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { hurried } from "../support/hurried.ts";
import { quiet } from "../support/quiet.ts";
import { type DeliveriesOptions, deliveryChannels, type Mail } from "./delivery-channels.ts";
import { inbox } from "./inbox-app.ts";

/** A node that delivers by handing each mail to a provider at an address. */
export function createNode(store: Store, provider: string, options: DeliveriesOptions = {}) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const email = async ({ id, rendered, signal }: Mail) => {
    const body = JSON.stringify({ id, title: rendered.title, from: process.pid });
    const { ok, status } = await fetch(provider, { method: "POST", body, signal });
    if (!ok) throw new Error(`The provider answered ${status}.`);
  };
  const channels = deliveryChannels({ email, ...options });
  const realtime = createRealtime({ ...hurried, lookMs: 20, store, logger: quiet, channels });
  const hand = realtime.topic(inbox, { userId: "ann" }).as(system);
  return {
    realtime,
    inbox: hand,
    /** The same notification whenever it is called with the same id. */
    notify(commandId = "once") {
      const content = { kind: "alarm", data: { what: "Fire" } } as const;
      return hand.send.notify({ content, actor: null, link: null, source: null, key: null }, { commandId });
    },
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}
