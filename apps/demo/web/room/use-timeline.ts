import type { ShoalError } from "@shoal/contract";
import type { RoomEntry } from "@shoal/contract/rooms";
import type { UseRoom } from "@shoal/react/rooms";
import { useEffect, useRef, useState } from "react";
import type { DemoClient } from "../client.ts";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import { follow, prepend, revise, startAt } from "./timeline.ts";

export interface UseTimeline {
  readonly entries: readonly RoomEntry[];
  readonly hasOlder: boolean;
  readonly loading: boolean;
  readonly error: ShoalError | undefined;
  readonly loadOlder: () => Promise<void>;
}

type State = NonNullable<UseRoom["state"]>;

/** Everything of a room that this page has seen or asked for. */
export function useTimeline(room: UseRoom, state: State): UseTimeline {
  const { client } = useStore(visit);
  const { roomId } = room.topic.params;
  const offset = room.offset ?? 0;
  const [seen, setSeen] = useState({ state, timeline: startAt(state, offset) });
  const [request, setRequest] = useState<{ loading: boolean; error?: ShoalError }>({ loading: false });

  const timeline = seen.state === state ? seen.timeline : follow(seen.timeline, state, offset);
  if (seen.state !== state) setSeen({ state, timeline });

  const { older, revision } = state;
  const settled = room.pending === 0;
  const { from } = timeline;
  const read = useRef(revision);
  useEffect(() => {
    if (!settled || revision === read.current) return;
    if (from > older) {
      read.current = revision;
      return;
    }
    let wanted = true;
    const take = (past: readonly RoomEntry[]) => {
      if (!wanted) return;
      read.current = revision;
      setSeen((now) => ({ ...now, timeline: revise(now.timeline, past, older) }));
    };
    // What cannot be read now is read with the next command or revision.
    readBack(client, roomId, older, from).then(take, () => {});
    return () => {
      wanted = false;
    };
  }, [revision, settled]);

  const loadOlder = async () => {
    setRequest({ loading: true });
    try {
      const page = await client.rooms.query.history({ roomId, cursor: from });
      setSeen((now) => ({ ...now, timeline: prepend(now.timeline, page, from) }));
      setRequest({ loading: false });
    } catch (error) {
      setRequest({ loading: false, error: error as ShoalError });
    }
  };
  return { entries: timeline.entries, hasOlder: from > 1, loading: request.loading, error: request.error, loadOlder };
}

/** What history tells of the offsets from `from` to `older`, oldest first. */
async function readBack(
  client: DemoClient,
  roomId: string,
  older: number,
  from: number,
): Promise<readonly RoomEntry[]> {
  const read: RoomEntry[] = [];
  let cursor: number | null = older + 1;
  while (cursor !== null && cursor > from) {
    const page: Awaited<ReturnType<DemoClient["rooms"]["query"]["history"]>> = await client.rooms.query.history({
      roomId,
      cursor,
      limit: 100,
    });
    read.unshift(...page.items.toReversed());
    cursor = page.nextCursor;
  }
  return read;
}
