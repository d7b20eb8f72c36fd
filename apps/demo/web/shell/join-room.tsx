import { ActionIcon, TextInput } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { navigate, pathOfRoom } from "../router.ts";
import classes from "./join-room.module.css";
import { roomIdOf } from "./room-id-of.ts";

/** Opens any room by its name; one that nobody was in before comes to be by going there. */
export function JoinRoom() {
  const [name, setName] = useState("");
  const roomId = roomIdOf(name);
  const join = (event: FormEvent) => {
    event.preventDefault();
    if (!roomId) return;
    navigate(pathOfRoom(roomId));
    setName("");
  };
  return (
    <form className={classes.join} onSubmit={join}>
      <TextInput
        aria-label="Room name"
        placeholder="Join or make a room"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        description={name && roomId !== name ? (roomId ? `Opens # ${roomId}` : "Use letters and digits") : undefined}
        inputWrapperOrder={["input", "description"]}
        rightSection={
          <ActionIcon type="submit" variant="subtle" aria-label="Join the room" disabled={!roomId}>
            <IconArrowRight size={18} />
          </ActionIcon>
        }
      />
    </form>
  );
}
