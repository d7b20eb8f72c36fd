import { askToNotify, type NotifyPermission } from "./show-notification.ts";

interface PushKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** As much of a user's `pushDevices` as it takes to push to this browser. */
export interface PushTopic {
  readonly send: {
    readonly subscribe: (input: { endpoint: string; keys: PushKeys }) => Promise<{ readonly ok: boolean }>;
    readonly unsubscribe: (input: { endpoint: string }) => Promise<{ readonly ok: boolean }>;
  };
}

export interface PushOptions {
  /** The address of the page's service worker, which shows what is pushed: its scope is the folder of the address. */
  readonly serviceWorker: string;
  /** The server's VAPID key, as the query `publicKey` of `pushDevices` gives it. */
  readonly publicKey: string;
}

/** What became of asking for push: `unsupported` where this browser has none, `failed` where it could not get it. */
export type PushOutcome = "subscribed" | "unsupported" | "denied" | "failed";

/**
 * Has this browser get the user's notifications, also while no page is open: asks for the permission, starts the service worker, subscribes at
 * the browser's push service and tells the server. To be called from a click. What is subscribed already stays so.
 *
 * @throws {ShoalError} (asynchronously) when the server was not told
 */
export async function subscribeToPush(devices: PushTopic, options: PushOptions): Promise<PushOutcome> {
  if (!("serviceWorker" in navigator && "PushManager" in globalThis)) return "unsupported";
  const permission: NotifyPermission = await askToNotify();
  if (permission !== "granted") return permission === "unsupported" ? permission : "denied";
  const subscription = await subscriptionFor(options).catch(() => null);
  return (await tellServer(devices, subscription)) ? "subscribed" : "failed";
}

/**
 * Tells the server again of what this browser is subscribed with, if it is: to be called at each visit, since a browser changes it by itself, and
 * so that who has signed in gets what is pushed to it, and nobody who was before.
 */
export async function renewPush(devices: PushTopic): Promise<void> {
  await tellServer(devices, await currentPush());
}

/**
 * Has this browser get nothing by push any more. To be called when its user signs out, too, before the client is closed: what is pushed ends at
 * once, also without a network, and the promise resolves when the server knows of it.
 *
 * @throws {ShoalError} (asynchronously) when the server was not told; it finds out by the next push
 */
export async function unsubscribeFromPush(devices: PushTopic): Promise<void> {
  const subscription = await currentPush();
  if (!subscription) return;
  const { endpoint } = subscription;
  // Each of the two is enough for its user, so that neither waits for the other, or fails with it.
  const ended = await Promise.allSettled([subscription.unsubscribe(), devices.send.unsubscribe({ endpoint })]);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

/** What this browser is subscribed with; null where it is not. */
export async function currentPush(): Promise<PushSubscription | null> {
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration();
  return (await worker?.pushManager?.getSubscription()) ?? null;
}

async function tellServer(devices: PushTopic, subscription: PushSubscription | null): Promise<boolean> {
  const { endpoint, keys } = subscription?.toJSON() ?? {};
  if (endpoint === undefined || keys?.p256dh === undefined || keys.auth === undefined) return false;
  const { ok } = await devices.send.subscribe({ endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  return ok;
}

async function subscriptionFor({ serviceWorker, publicKey }: PushOptions): Promise<PushSubscription> {
  await navigator.serviceWorker.register(serviceWorker);
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscribe = () => pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  try {
    return await subscribe();
  } catch (error) {
    // It was subscribed with a key that the server has no more.
    if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
    await (await pushManager.getSubscription())?.unsubscribe();
    return await subscribe();
  }
}
