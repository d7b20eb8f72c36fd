import { Store } from "../store.ts";
import type { InboxItem } from "./use-inbox.ts";

const most = 3;

/** What has just arrived, the newest first. */
export const toasts = new Store<readonly InboxItem[]>([]);

/** An item that was folded takes the place of what was told of it before. */
export function toast(items: readonly InboxItem[]): void {
  const ids = new Set(items.map(({ id }) => id));
  toasts.set([...items.toReversed(), ...toasts.current.filter(({ id }) => !ids.has(id))].slice(0, most));
}

/** What was read, or is gone, is told no more. */
export function keepToasts(items: readonly InboxItem[]): void {
  if (toasts.current.length === 0) return;
  const unread = new Set(items.filter(({ readAt }) => readAt === null).map(({ id }) => id));
  toasts.set(toasts.current.filter(({ id }) => unread.has(id)));
}

export function dismissToast(id: string): void {
  toasts.set(toasts.current.filter((item) => item.id !== id));
}
