import { createHash } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import type { Delivery, DeliveryOutcome } from "@shoal/contract/notification-deliveries";
import type { AnyNotification, AnyNotifications } from "@shoal/contract/notifications";
import type { Kysely } from "kysely";
import { isA } from "../channel/is-a.ts";
import type { NotificationTables } from "./notification-tables.ts";
import { readWaiting } from "./notification-waiting.ts";
import { findDevice, listDevices, type PushDeviceTables } from "./push-device-tables.ts";
import { toPayload } from "./push-payload.ts";
import type { PushMessage, PushService } from "./push-service.ts";
import { Undeliverable } from "./undeliverable.ts";

export interface DelivererOptions {
  readonly inbox: AnyNotifications;
  readonly hooks: ReadonlyMap<string, (call: never) => unknown>;
  readonly push: PushService | undefined;
}

export interface AttemptTables extends NotificationTables, PushDeviceTables {}

/** A delivery that is to be tried, once. */
export interface Attempt {
  readonly id: string;
  readonly userId: string;
  readonly tenant: string | null;
  readonly via: string;
  readonly delivery: Delivery;
  readonly read: Kysely<AttemptTables>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** What became of it, or to which devices it goes, each on its own. */
export type Attempted =
  | { readonly outcome: DeliveryOutcome; readonly subscribedAt: number | null }
  | { readonly devices: string[] };

/** The longest that push services keep a message, in seconds. */
const longestTtl = 28 * 24 * 3_600;

/**
 * Delivers by hooks and by push what is still to be delivered.
 *
 * @throws {Error} when it is to be tried again: what a hook threw is its cause
 */
export function deliverer(options: DelivererOptions): (attempt: Attempt) => Promise<Attempted> {
  return async (attempt) => {
    const { delivery, read, userId, tenant, via, now } = attempt;
    const item = await readWaiting(read, { userId, tenant }, delivery, now);
    if (!item) return { outcome: "skipped", subscribedAt: null };
    if (via !== "push" && !via.startsWith("push:")) return await callHook(options, attempt, item);
    const { push } = options;
    if (!push) throw new Error("Push is not configured here. Give `push` to the notifications.");
    if (via === "push") return { devices: await listDevices(read, { userId, tenant }) };
    return await pushTo(options.inbox, push, attempt, item);
  };
}

async function callHook(
  { inbox, hooks }: DelivererOptions,
  { id, userId, tenant, via, signal }: Attempt,
  item: AnyNotification,
): Promise<Attempted> {
  const hook = hooks.get(via);
  if (!hook) throw new Error(`The delivery channel "${via}" has no hook here.`);
  const call = { id, userId, tenant, item, rendered: inbox.render(item), signal };
  const outcome = await outcomeOf(`The delivery hook "${via}" failed.`, () => hook(call as never));
  return { outcome, subscribedAt: null };
}

async function pushTo(
  inbox: AnyNotifications,
  push: PushService,
  { userId, tenant, via, read, now, signal }: Attempt,
  item: AnyNotification,
): Promise<Attempted> {
  const device = await findDevice(read, tenant, via.slice("push:".length));
  if (device?.userId !== userId) return { outcome: "gone", subscribedAt: null };
  const message = toMessage(inbox, item, now);
  const outcome = await outcomeOf("A push failed.", () => push.send(device, message, signal));
  return { outcome, subscribedAt: outcome === "gone" ? device.offset : null };
}

function toMessage(inbox: AnyNotifications, item: AnyNotification, now: number): PushMessage {
  const { id, kind, expiresAt } = item;
  const { critical = false, group } = inbox.kinds[kind] ?? {};
  const ttlSeconds = expiresAt === null ? longestTtl : Math.ceil((expiresAt - now) / 1_000);
  return {
    payload: toPayload({ ...inbox.render(item), id, kind }),
    ttlSeconds: Math.min(Math.max(0, ttlSeconds), longestTtl),
    urgency: critical ? "high" : "normal",
    topic: group && createHash("sha256").update(id).digest("base64url").slice(0, 32),
  };
}

/** Every other error is made one that counts as a failure, also one that says that a service is away. */
async function outcomeOf(message: string, run: () => unknown): Promise<DeliveryOutcome> {
  try {
    await run();
    return "delivered";
  } catch (cause) {
    if (isA(cause, Undeliverable)) return "gone";
    const retryAfterMs = isA(cause, ShoalError) ? cause.retryAfterMs : undefined;
    throw new ShoalError("INTERNAL_SERVER_ERROR", message, { cause, retryAfterMs });
  }
}
