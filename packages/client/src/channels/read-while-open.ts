import type { SnapshotReason } from "@shoal/contract";
import type { AnyNotification, NotificationCounts } from "@shoal/contract/notifications";
import type { Readable } from "../store.ts";

interface OpenState {
  readonly items: readonly Pick<AnyNotification, "id" | "order" | "seenAt" | "readAt">[];
  readonly counts: NotificationCounts;
}

interface OpenInbox extends Readable<{ readonly state: OpenState | undefined }> {
  readonly onReset: (listener: (reason: SnapshotReason) => void) => () => void;
  readonly send: {
    readonly markSeen: (input: { upTo: number }) => Promise<unknown>;
    readonly markRead: (input: { ids: string[] }) => Promise<unknown>;
    readonly markAllRead: (input: { upTo: number }) => Promise<unknown>;
  };
}

/**
 * Marks all that is in the inbox as seen or as read, and what arrives from then on, until the returned function is called: for as long as a panel shows
 * it. What its user marks as unread meanwhile stays so. While the page is hidden nothing is marked, since nobody looks at it.
 */
export function readWhileOpen(topic: OpenInbox, as: "seen" | "read"): () => void {
  /** The newest that was looked at; -1 before anything was. */
  let known = -1;
  let busy = false;
  let stopped = false;
  const look = async () => {
    const { state } = topic.current;
    if (stopped || busy || !state || isHidden()) return;
    const newest = state.items[0]?.order ?? 0;
    if (newest <= known) return;
    const before = known;
    known = newest;
    if (state.counts[as === "seen" ? "unseen" : "unread"] === 0) return;
    busy = true;
    try {
      await (as === "seen" ? topic.send.markSeen({ upTo: newest }) : read(topic, state, before));
    } catch {
      // It is marked with what arrives next, or when the panel opens again.
      known = Math.min(known, before);
      busy = false;
      return;
    }
    busy = false;
    void look();
  };
  const changed = () => void look();
  const stops = [
    topic.subscribe(changed),
    topic.onReset((reason) => {
      // The inbox begins anew, and so do its orders.
      if (reason === "epoch") known = -1;
      changed();
    }),
  ];
  const page = globalThis.document;
  page?.addEventListener?.("visibilitychange", changed);
  // Later, so that what is opened and closed in one go marks nothing.
  queueMicrotask(changed);
  return () => {
    stopped = true;
    for (const stop of stops) stop();
    page?.removeEventListener?.("visibilitychange", changed);
  };
}

/** Marks as read what is newer than `before`, and nothing else: what is older may be unread since its user wants it so. */
async function read({ send }: OpenInbox, { items }: OpenState, before: number): Promise<void> {
  const newer = items.filter(({ order }) => order > before);
  const ids = newer.filter(({ readAt }) => readAt === null).map(({ id }) => id);
  // Where all that the state has is newer, there may be more behind it.
  if (newer.length === items.length) await send.markAllRead({ upTo: items[0]?.order ?? 0 });
  else if (ids.length > 0) await send.markRead({ ids });
}

function isHidden(): boolean {
  return globalThis.document?.visibilityState === "hidden";
}
