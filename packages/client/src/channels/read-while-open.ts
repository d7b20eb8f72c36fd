import type { AnyNotification, NotificationCounts } from "@shoal/contract/notifications";
import type { Readable } from "../store.ts";

interface OpenInbox
  extends Readable<{
    readonly state:
      | { readonly items: readonly Pick<AnyNotification, "order">[]; readonly counts: NotificationCounts }
      | undefined;
  }> {
  readonly send: {
    readonly markSeen: (input: { upTo: number }) => Promise<unknown>;
    readonly markAllRead: (input: { upTo: number }) => Promise<unknown>;
  };
}

/**
 * Marks all that is in the inbox as seen or as read, and what arrives from then on, until the returned function is called: for as long as a panel shows
 * it. What its user marks as unread meanwhile stays so. While the page is hidden nothing is marked, since nobody looks at it.
 */
export function readWhileOpen(topic: OpenInbox, as: "seen" | "read"): () => void {
  let upTo = -1;
  let busy = false;
  let stopped = false;
  const look = async () => {
    const { state } = topic.current;
    if (stopped || busy || !state || isHidden()) return;
    const newest = state.items[0]?.order ?? 0;
    if (newest <= upTo || state.counts[as === "seen" ? "unseen" : "unread"] === 0) return;
    busy = true;
    const before = upTo;
    upTo = newest;
    try {
      await (as === "seen" ? topic.send.markSeen({ upTo }) : topic.send.markAllRead({ upTo }));
    } catch {
      // It is marked with what arrives next, or when the panel opens again.
      upTo = before;
      busy = false;
      return;
    }
    busy = false;
    void look();
  };
  const changed = () => void look();
  const stop = topic.subscribe(changed);
  const page = globalThis.document;
  page?.addEventListener?.("visibilitychange", changed);
  // Later, so that what is opened and closed in one go marks nothing.
  queueMicrotask(changed);
  return () => {
    stopped = true;
    stop();
    page?.removeEventListener?.("visibilitychange", changed);
  };
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}
