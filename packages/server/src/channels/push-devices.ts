import { createHash } from "node:crypto";
import type { AnyNotifications } from "@shoal/contract/notifications";
import { maxPushDevices, type PushDevices, pushDevices } from "@shoal/contract/push-devices";
import type { NoPrivate } from "../channel/define-private.ts";
import { type Effect, effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { ServedChannel } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import {
  eraseDevices,
  findDevice,
  type PushDeviceTables,
  projectDevices,
  pushDeviceTables,
  type StoredDevice,
} from "./push-device-tables.ts";
import type { PushService } from "./push-service.ts";

interface Loaded {
  readonly subscribe: StoredDevice | undefined;
}

/**
 * Serves {@link pushDevices}: whoever is signed in says which of their browsers get push. A browser that another user of the tenant had is
 * theirs no more. The inbox must be served besides: it is told how many there are.
 *
 * @param push - undefined where nothing is pushed: then browsers can only unsubscribe
 */
export function servePushDevices<W extends User | null = User | null, C = object>(
  inbox: AnyNotifications,
  push: PushService | undefined,
): ServedChannel<PushDevices, W, C> {
  return serveChannel<PushDevices, W, C, {}, NoPrivate, "all", Loaded, PushDeviceTables>(pushDevices, {
    authorize: ({ user, params, action }) => action !== "watch" && user?.id === params.userId,
    tables: pushDeviceTables,
    load: {
      subscribe: ({ read, tenant, input }) => findDevice(read, tenant, deviceId(input.endpoint)),
    },
    commands: {
      subscribe({ state, params, input, loaded: known, offset, emit, redact, reject }) {
        if (!push) return reject("NO_PUSH");
        const field = push.check(input);
        if (field) return reject("UNUSABLE", { field });
        const id = deviceId(input.endpoint);
        const others = state.devices.filter((device) => device.id !== id);
        const earlier = state.devices.find((device) => device.id === id);
        if (earlier && known?.userId === params.userId && isSame(known, input)) return;
        const left = others.length < maxPushDevices ? undefined : others[0];
        const from = known && known.userId !== params.userId ? { userId: known.userId, offset: known.offset } : null;
        emit("subscribed", { ...input, id, offset: offset + 1, left: left?.id ?? null, from });
        for (const device of [earlier, left]) if (device) redact(device.offset);
      },
      unsubscribe({ state, input, emit, redact, reject }) {
        const device = state.devices.find(({ id }) => id === deviceId(input.endpoint));
        if (!device) return reject("NOT_FOUND");
        emit("removed", { ids: [device.id] });
        redact(device.offset);
      },
      drop({ state, input, emit, redact }) {
        const device = state.devices.find(({ id, offset }) => id === input.id && offset === input.offset);
        if (!device) return;
        emit("removed", { ids: [device.id] });
        redact(device.offset);
      },
    },
    project: projectDevices,
    effects({ type, data }, { params, state }) {
      const effects: Effect[] = [effect(inbox, params, "countDevices", { devices: state.devices.length })];
      if (type === "subscribed" && data.from) {
        const { userId, offset } = data.from;
        effects.push(effect(pushDevices, { userId }, "drop", { id: data.id, offset }));
      }
      return effects;
    },
    erased: eraseDevices,
    owner: ({ userId }) => userId,
    // Another's browser that the user had before stays subscribed: the table has its endpoint.
    eraseUser({ named, redact }) {
      for (const offset of named) redact(offset);
    },
    queries: { publicKey: () => ({ publicKey: push?.publicKey ?? null }) },
  });
}

function deviceId(endpoint: string): string {
  return createHash("sha256").update(endpoint).digest("base64url").slice(0, 22);
}

function isSame(a: StoredDevice, b: Pick<StoredDevice, "keys">): boolean {
  return a.keys.p256dh === b.keys.p256dh && a.keys.auth === b.keys.auth;
}
