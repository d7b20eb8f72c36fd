import type { Rendered } from "@shoal/contract/notifications";
import { Listeners } from "../listeners.ts";
import type { Readable } from "../store.ts";

/** Whether the browser shows notifications of this page; `unsupported` where it has none. */
export type NotifyPermission = NotificationPermission | "unsupported";

const asked = new Listeners<[]>();

/** Whether the browser shows notifications of this page, as its user says. */
export const mayNotify: Readable<NotifyPermission> = {
  get current() {
    return "Notification" in globalThis ? Notification.permission : "unsupported";
  },
  subscribe(listener) {
    const stop = asked.add(listener);
    let stopped = false;
    let status: PermissionStatus | undefined;
    // Where the browser does not tell, what was asked here is still told.
    globalThis.navigator?.permissions?.query({ name: "notifications" }).then(
      (found) => {
        if (stopped) return;
        status = found;
        status.addEventListener("change", listener);
      },
      () => {},
    );
    return () => {
      stopped = true;
      stop();
      status?.removeEventListener("change", listener);
    };
  },
};

/** Asks the user. To be called from a click: browsers refuse to ask at any other time. */
export async function askToNotify(): Promise<NotifyPermission> {
  if (mayNotify.current !== "default") return mayNotify.current;
  await Notification.requestPermission();
  asked.tell();
  return mayNotify.current;
}

/** What this page itself shows, by the ids of the items. */
const shownHere = new Map<string, Notification>();

export interface ShowNotificationOptions {
  /** The item's id: one notification of the browser stands for an item, however many tabs show it. */
  readonly id: string;
  readonly rendered: Rendered;
  /** Called when it was clicked; the page is in front then. */
  readonly onClick?: (() => void) | undefined;
}

/**
 * Shows the browser's own notification where its user permits them, and never asks. Returns whether it is shown. Where pages cannot show any by
 * themselves, as on a phone, the page's service worker does, and gets the click with `data` of `{ id, url }`.
 */
export async function showNotification({ id, rendered, onClick }: ShowNotificationOptions): Promise<boolean> {
  if (mayNotify.current !== "granted") return false;
  const { title, body, icon, url } = rendered;
  const options = { body, tag: id, data: { id, url }, ...(icon !== undefined && { icon }) };
  try {
    const shown = new Notification(title, options);
    shownHere.set(id, shown);
    shown.addEventListener("close", () => {
      if (shownHere.get(id) === shown) shownHere.delete(id);
    });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
      onClick?.();
    });
    return true;
  } catch {
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(title, options);
    return worker !== undefined;
  }
}

/** Takes away the browser's own notifications that this page and its service worker show. To be called when its user signs out. */
export async function closeNotifications(): Promise<void> {
  for (const shown of shownHere.values()) shown.close();
  shownHere.clear();
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration();
  for (const shown of (await worker?.getNotifications?.()) ?? []) shown.close();
}
