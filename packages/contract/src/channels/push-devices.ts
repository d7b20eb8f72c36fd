import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import { givenId } from "./room-fields.ts";

/** To how many devices a user may have notifications pushed; one more takes the place of the oldest. */
export const maxPushDevices = 20;

/** What a browser's push subscription is, as its `toJSON()` gives it. */
const subscription = {
  endpoint: z.string().check(z.minLength(1), z.maxLength(2_048)),
  keys: z.object({
    /** The browser's public key, 65 bytes as base64url. */
    p256dh: z.string().check(z.regex(/^[A-Za-z0-9_-]{87}=?$/)),
    /** The secret that goes with it, 16 bytes as base64url. */
    auth: z.string().check(z.regex(/^[A-Za-z0-9_-]{22}(==)?$/)),
  }),
};

const id = z.string();

const definition = defineChannel(
  "pushDevices",
  {
    params: z.object({ userId: givenId }),
    state: z.object({
      /** The oldest first. `offset` is that of the event that holds its endpoint. */
      devices: z.array(z.object({ id, offset: z.int() })),
    }),
    events: {
      /** `left` is the device whose place it takes, and `from` tells who had it before, and by which event. */
      subscribed: z.object({
        id,
        offset: z.int(),
        ...subscription,
        left: z.nullable(id),
        from: z.nullable(z.object({ userId: z.string(), offset: z.int() })),
      }),
      removed: z.object({ ids: z.array(id) }),
    },
    commands: {
      /** Has this browser get the user's notifications. Send it with each visit: what is known already changes nothing. */
      subscribe: {
        input: z.object(subscription),
        rejections: {
          /** It is no https address of a push service, or its key is no point of the curve. */
          UNUSABLE: z.object({ field: z.enum(["endpoint", "keys"]) }),
          /** The server pushes to nobody. */
          NO_PUSH: z.object({}),
        },
      },
      unsubscribe: { input: z.object({ endpoint: subscription.endpoint }), rejections: { NOT_FOUND: z.object({}) } },
      /** The push service knows the device no more, or it is another user's now; unless it was subscribed anew, by another event. */
      drop: { internal: true, input: z.object({ id, offset: z.int() }) },
    },
    queries: {
      /** The key with which a browser subscribes, its `applicationServerKey`; `null` where the server pushes to nobody. */
      publicKey: { output: z.object({ publicKey: z.nullable(z.string()) }) },
    },
  },
  {
    initial: () => ({ devices: [] }),
    apply: {
      subscribed: ({ devices }, { id, offset, left }) => ({
        devices: [...devices.filter((one) => one.id !== id && one.id !== left), { id, offset }],
      }),
      removed: ({ devices }, { ids }) => ({ devices: devices.filter((one) => !ids.includes(one.id)) }),
    },
  },
);

export interface PushDevices extends TypesOf<typeof definition> {}

/**
 * To which browsers a user's notifications are pushed. Nobody watches it, since an endpoint is a secret: the inbox tells how many there
 * are, and the page asks its service worker about its own.
 */
export const pushDevices: Channel<PushDevices> = definition;
