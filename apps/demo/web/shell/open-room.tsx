import { Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ShoalError } from "@shoal/contract";
import { maxRoomNameLength } from "@shoal/contract/rooms";
import { IconPlus } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { navigate, pathOfRoom } from "../router.ts";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import classes from "./open-room.module.css";

/** Opens a room of one's own, whose owner one is. */
export function OpenRoom() {
  const { client } = useStore(visit);
  const [opened, { open, close }] = useDisclosure();
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      const outcome = await client.rooms.send.create({ name });
      close();
      setName("");
      navigate(pathOfRoom(outcome.params.roomId));
    } catch (error) {
      setProblem(error instanceof ShoalError ? error.message : "The room could not be opened. Try again.");
    }
    setBusy(false);
  };
  return (
    <div className={classes.open}>
      <Button fullWidth variant="default" radius="md" leftSection={<IconPlus size={17} />} onClick={open}>
        Open a room
      </Button>
      <Modal opened={opened} onClose={close} title={<strong>Open a room</strong>} centered size="sm" radius="lg">
        <form onSubmit={(event) => void submit(event)}>
          <TextInput
            label="Its name"
            placeholder="Harbour watch"
            description="Everybody sees it in the list. You are its owner, and can rename it later."
            value={name}
            maxLength={maxRoomNameLength}
            error={problem}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setProblem(undefined);
            }}
            data-autofocus
          />
          <Button type="submit" fullWidth mt="md" loading={busy} disabled={name.trim() === ""}>
            Open it
          </Button>
        </form>
      </Modal>
    </div>
  );
}
