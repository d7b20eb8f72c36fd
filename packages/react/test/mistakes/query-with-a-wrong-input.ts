import { rooms } from "@shoal/contract/rooms";
import { useChannelOptions } from "@shoal/react/tanstack-query";

export function useHistory() {
  return useChannelOptions(rooms).query.history.infiniteQueryOptions({ room: "lobby" });
}
