import { Button, Group, Popover, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { DocumentVersion } from "@shoal/contract/documents";
import { useDocument } from "@shoal/react/documents";
import { IconTag } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { problemOf } from "./problem-of.ts";

interface NameVersionProps {
  readonly documentId: string;
  readonly version: DocumentVersion;
}

/** Gives a version a name, or takes it away. */
export function NameVersion({ documentId, version: { from, to } }: NameVersionProps) {
  const { history, versions } = useDocument({ documentId }, { select: ({ versions }) => ({ versions }) });
  const named = versions.findLast(({ offset }) => offset >= from && offset <= to);
  const [opened, { open, close }] = useDisclosure();
  const [draft, setDraft] = useState("");
  const [problem, setProblem] = useState<string>();
  const run = async (sent: Parameters<typeof problemOf>[0]) => {
    const found = await problemOf(sent);
    setProblem(found);
    if (!found) close();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run(history.nameVersion(named?.offset ?? to, draft));
  };
  return (
    <Popover opened={opened} onClose={close} position="bottom-end" width={280} radius="lg" shadow="md" trapFocus>
      <Popover.Target>
        <Button
          size="compact-md"
          fz={14}
          variant="default"
          leftSection={<IconTag size={16} />}
          onClick={() => {
            setDraft(named?.name ?? "");
            setProblem(undefined);
            open();
          }}
        >
          {named ? "Rename it" : "Name it"}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit}>
          <TextInput
            label="Name of the version"
            value={draft}
            maxLength={100}
            error={problem}
            onChange={(event) => setDraft(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs" mt="sm">
            {named && (
              <Button size="compact-sm" variant="default" onClick={() => void run(history.unnameVersion(named.offset))}>
                Take it away
              </Button>
            )}
            <Button size="compact-sm" type="submit" disabled={draft.trim() === ""}>
              Name it
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
