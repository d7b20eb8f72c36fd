import type { ShoalError } from "@shoal/contract";
import type { UseRoom } from "@shoal/react/rooms";
import { useState } from "react";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import { firstOffset, follow, prepend, type Timeline } from "./timeline.ts";

export interface UseTimeline {
  readonly messages: Timeline;
  readonly hasOlder: boolean;
  readonly loading: boolean;
  readonly error: ShoalError | undefined;
  readonly loadOlder: () => Promise<void>;
}

const nothing: Timeline = [];

/** Everything of a room that this page has seen or asked for. */
export function useTimeline(room: UseRoom): UseTimeline {
  const { client } = useStore(visit);
  const window = room.state?.messages ?? nothing;
  const [seen, setSeen] = useState({ window, messages: window });
  const [request, setRequest] = useState<{ loading: boolean; error?: ShoalError }>({ loading: false });

  const messages = seen.window === window ? seen.messages : follow(seen.messages, window);
  if (seen.window !== window) setSeen({ window, messages });

  const first = firstOffset(messages, room.offset ?? 0, room.pending);
  const loadOlder = async () => {
    setRequest({ loading: true });
    try {
      const { items } = await client.rooms.query.history({ ...room.topic.params, cursor: first });
      setSeen((now) => ({ ...now, messages: prepend(now.messages, items, messages[0]?.id) }));
      setRequest({ loading: false });
    } catch (error) {
      setRequest({ loading: false, error: error as ShoalError });
    }
  };
  return { messages, hasOlder: first > 1, loading: request.loading, error: request.error, loadOlder };
}
