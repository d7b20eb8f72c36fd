import { ActionIcon, Button, Group, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { maxRoomNameLength } from "@shoal/contract/rooms";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { problemOf } from "./problem-of.ts";
import { useRoomPage } from "./room-context.ts";

/** For the owner and the moderators of a room. */
export function RenameRoom({ name }: { readonly name: string }) {
  const { send } = useRoomPage().room;
  const [opened, { open, close }] = useDisclosure();
  const [draft, setDraft] = useState(name);
  const [problem, setProblem] = useState<string>();

  const begin = () => {
    setDraft(name);
    setProblem(undefined);
    open();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const next = draft.trim();
    if (next === name) return close();
    const found = await problemOf(send.rename({ name: next }));
    setProblem(found);
    if (!found) close();
  };
  return (
    <Popover opened={opened} onClose={close} position="bottom-start" width={300} radius="lg" shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Rename the room" onClick={begin}>
          <IconPencil size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={(event) => void submit(event)}>
          <TextInput
            label="Name of the room"
            value={draft}
            maxLength={maxRoomNameLength}
            error={problem}
            onChange={(event) => setDraft(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs" mt="sm">
            <Button size="compact-sm" variant="default" onClick={close}>
              Cancel
            </Button>
            <Button size="compact-sm" type="submit" disabled={draft.trim() === ""}>
              Rename
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
