import type { Frame } from "@shoal/contract";
import type { Rooms } from "@shoal/contract/rooms";
import type { Caller } from "./callers.ts";

/** What a subscription to a room has told so far. */
export interface RoomWatch extends Disposable {
  readonly frames: readonly Frame<Rooms>[];
  readonly error: unknown;
}

export function watchRoom({ trpc }: Caller, roomId: string): RoomWatch {
  const frames: Frame<Rooms>[] = [];
  let error: unknown;
  const subscription = trpc.realtime.rooms.watch.subscribe(
    { roomId },
    {
      onData: ({ data }) => frames.push(data),
      onError: (reason) => {
        error = reason;
      },
    },
  );
  return {
    frames,
    get error() {
      return error;
    },
    [Symbol.dispose]: () => subscription.unsubscribe(),
  };
}
