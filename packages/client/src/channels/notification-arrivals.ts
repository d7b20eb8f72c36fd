import type { SnapshotReason } from "@shoal/contract";
import type { AnyNotification } from "@shoal/contract/notifications";
import type { Readable } from "../store.ts";

type Told = Pick<AnyNotification, "order" | "seenAt">;

interface Window<Item> {
  readonly items: readonly Item[];
}

/** As much of an inbox as it takes to know what arrives in it. */
export interface ArrivalTopic<Item extends Told>
  extends Readable<{ readonly state: Window<Item> | undefined; readonly offset: number | undefined }> {
  readonly snapshot: () => { readonly state: Window<Item> } | undefined;
  readonly onReset: (listener: (reason: SnapshotReason) => void) => () => void;
}

/**
 * Calls `listener` with the items that arrive while the inbox is watched, the oldest first, until the returned function is called: new ones, and
 * those that another notification was folded into. Each is told once, over any number of reconnects. What came during an absence is
 * told when it is replayed, and not when a snapshot stands for it; nor is what its user has seen elsewhere by then.
 */
export function onArrive<Item extends Told>(
  topic: ArrivalTopic<Item>,
  listener: (items: readonly Item[]) => void,
): () => void {
  let known = topic.current.offset;
  let looking = false;
  let stopped = false;
  const look = () => {
    looking = false;
    const before = known;
    known = topic.current.offset;
    if (stopped || before === undefined) return;
    // As the server tells it: what this page itself has just marked, such as in an open panel, has arrived nevertheless.
    const { items = [] } = topic.snapshot()?.state ?? {};
    // An item's order is the offset of the event that put it where it is, and no mark changes it.
    const arrived = items.filter(({ order, seenAt }) => order > before && seenAt === null);
    if (arrived.length > 0) listener(arrived.toReversed());
  };
  const stops = [
    topic.subscribe(() => {
      if (topic.current.state === undefined) known = undefined;
      if (looking) return;
      looking = true;
      // After the frame: whether a state came as a snapshot is told once it is there.
      queueMicrotask(look);
    }),
    topic.onReset(() => {
      known = topic.current.offset;
    }),
  ];
  return () => {
    stopped = true;
    for (const stop of stops) stop();
  };
}
