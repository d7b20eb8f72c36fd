import { Button, Group, Textarea } from "@mantine/core";
import { maxMessageLength } from "@shoal/contract/rooms";
import { type KeyboardEvent, useState } from "react";
import classes from "./message-editor.module.css";

interface MessageEditorProps {
  readonly text: string;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

/** A message while its text is changed: Enter saves, Escape leaves it as it was. */
export function MessageEditor({ text, onSave, onCancel }: MessageEditorProps) {
  const [draft, setDraft] = useState(text);
  const next = draft.trim();
  const savable = next !== "" && next.length <= maxMessageLength;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") onCancel();
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (savable) onSave(next);
  };
  return (
    <div className={classes.editor}>
      <Textarea
        aria-label="Edit the message"
        size="md"
        radius="lg"
        autosize
        autoFocus
        minRows={1}
        maxRows={8}
        value={draft}
        error={next.length > maxMessageLength && `${next.length - maxMessageLength} characters too many`}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onFocus={({ currentTarget }) => currentTarget.setSelectionRange(text.length, text.length)}
        onKeyDown={onKeyDown}
      />
      <Group gap="xs" justify="flex-end" mt={6}>
        <Button size="compact-sm" variant="default" radius="xl" onClick={onCancel}>
          Cancel
        </Button>
        <Button size="compact-sm" radius="xl" disabled={!savable} onClick={() => onSave(next)}>
          Save
        </Button>
      </Group>
    </div>
  );
}
