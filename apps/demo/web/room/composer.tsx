import { ActionIcon, Textarea } from "@mantine/core";
import { maxMessageLength } from "@shoal/contract/rooms";
import { IconSend2 } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import classes from "./composer.module.css";

/** How near to the limit the counter appears, in characters. */
const counterFrom = 500;

// On a touch screen it would raise the keyboard over what one came to read.
const startsFocused = matchMedia("(pointer: fine)").matches;

interface ComposerProps {
  readonly room: string;
  readonly onKeystroke: () => void;
  readonly onSend: (text: string) => void;
}

/** The field to write in: Enter sends, Shift+Enter starts a new line. */
export function Composer({ room, onKeystroke, onSend }: ComposerProps) {
  const [draft, setDraft] = useState("");
  const text = draft.trim();
  const left = maxMessageLength - text.length;
  const sendable = text !== "" && left >= 0;

  const send = () => {
    if (!sendable) return;
    onSend(text);
    setDraft("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While a character is being composed, Enter takes it.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <div className={classes.composer}>
      <Textarea
        className={classes.field}
        aria-label={`Message to ${room}`}
        placeholder={`Message # ${room}`}
        size="md"
        radius="lg"
        autosize
        minRows={1}
        maxRows={8}
        autoFocus={startsFocused}
        value={draft}
        error={left < 0}
        onChange={(event) => {
          setDraft(event.currentTarget.value);
          onKeystroke();
        }}
        onKeyDown={onKeyDown}
      />
      <ActionIcon size={42} radius="lg" aria-label="Send" disabled={!sendable} onClick={send}>
        <IconSend2 size={20} />
      </ActionIcon>
      {left < counterFrom && (
        <div className={classes.counter} data-over={left < 0 || undefined} role="status">
          {left >= 0 ? `${left} characters left` : `${-left} too many. Shorten it, or send it in parts.`}
        </div>
      )}
    </div>
  );
}
