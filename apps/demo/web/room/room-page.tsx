import { useRoom } from "@shoal/react/rooms";
import { useEffect } from "react";
import { rememberRoom } from "../shell/known-rooms.ts";
import { Shell } from "../shell/shell.tsx";
import { Conversation } from "./conversation.tsx";
import { Members } from "./members.tsx";
import { RoomContext } from "./room-context.ts";
import { RoomFailed } from "./room-failed.tsx";
import { RoomLoading } from "./room-loading.tsx";
import { RoomTitle } from "./room-title.tsx";
import { useReactions } from "./use-reactions.ts";

export function RoomPage({ roomId }: { readonly roomId: string }) {
  const { reactions, onReaction, reactionEnded } = useReactions();
  const room = useRoom({ roomId }, { onReaction });
  useEffect(() => rememberRoom(roomId), [roomId]);
  return (
    <RoomContext value={{ room, reactions, reactionEnded }}>
      <Shell title={<RoomTitle />} aside={{ label: "People here", content: <Members /> }}>
        {room.status === "failed" && <RoomFailed error={room.error} retry={room.topic.retry} />}
        {room.state ? <Conversation room={room} state={room.state} /> : room.status !== "failed" && <RoomLoading />}
      </Shell>
    </RoomContext>
  );
}
