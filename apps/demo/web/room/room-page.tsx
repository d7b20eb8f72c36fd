import { useRoom } from "@shoal/react/rooms";
import { useEffect } from "react";
import { rememberRoom } from "../shell/known-rooms.ts";
import { Shell } from "../shell/shell.tsx";
import { useSignOutOn } from "../use-sign-out-on.ts";
import { Conversation } from "./conversation.tsx";
import { Members } from "./members.tsx";
import { RoomFailed } from "./room-failed.tsx";
import { RoomLoading } from "./room-loading.tsx";
import { RoomTitle } from "./room-title.tsx";

export function RoomPage({ roomId }: { readonly roomId: string }) {
  const room = useRoom({ roomId });
  useSignOutOn(room.error);
  useEffect(() => rememberRoom(roomId), [roomId]);
  return (
    <Shell
      title={<RoomTitle roomId={roomId} {...room} />}
      aside={{ label: "People here", content: <Members {...room} /> }}
    >
      {room.status === "failed" && <RoomFailed error={room.error} retry={room.topic.retry} />}
      {room.state ? <Conversation room={room} /> : room.status !== "failed" && <RoomLoading />}
    </Shell>
  );
}
