import { ActionIcon, Button, Group, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { maxTitleLength } from "@shoal/contract/documents";
import type { DocumentHandles } from "@shoal/react/documents";
import { IconPencil } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import classes from "./document-name.module.css";
import { problemOf } from "./problem-of.ts";

interface DocumentNameProps {
  readonly document: Pick<DocumentHandles, "send"> & { readonly title: string; readonly canEdit: boolean };
}

/** What the document is called, and for who may write: another name. */
export function DocumentName({ document: { title, canEdit, send } }: DocumentNameProps) {
  return (
    <div className={classes.row}>
      <h1 className={classes.name}>{title || "Document"}</h1>
      {canEdit && <Rename title={title} send={send} />}
    </div>
  );
}

function Rename({ title, send }: Pick<DocumentHandles, "send"> & { readonly title: string }) {
  const [opened, { open, close }] = useDisclosure();
  const [draft, setDraft] = useState(title);
  const [problem, setProblem] = useState<string>();
  const begin = () => {
    setDraft(title);
    setProblem(undefined);
    open();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const next = draft.trim();
    if (next === title) return close();
    const found = await problemOf(send.rename({ title: next }));
    setProblem(found);
    if (!found) close();
  };
  return (
    <Popover opened={opened} onClose={close} position="bottom-start" width={300} radius="lg" shadow="md" trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Rename the document" onClick={begin}>
          <IconPencil size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={(event) => void submit(event)}>
          <TextInput
            label="Title of the document"
            value={draft}
            maxLength={maxTitleLength}
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
