import { ActionIcon, Button, Group, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";

interface RenameProps {
  readonly name: string;
  /** Of the button, such as "Rename the room". */
  readonly label: string;
  /** Of the field, such as "Name of the room". */
  readonly fieldLabel: string;
  readonly maxLength: number;
  /** @returns what is wrong, if anything is */
  readonly rename: (name: string) => Promise<string | undefined>;
}

/** A button that asks for another name. */
export function Rename({ name, label, fieldLabel, maxLength, rename }: RenameProps) {
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
    const found = await rename(next);
    setProblem(found);
    if (!found) close();
  };
  return (
    <Popover opened={opened} onClose={close} position="bottom-start" width={300} radius="lg" shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} onClick={begin}>
          <IconPencil size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={(event) => void submit(event)}>
          <TextInput
            label={fieldLabel}
            value={draft}
            maxLength={maxLength}
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
