import { IconAlertCircle, IconClock } from "@tabler/icons-react";
import { useState } from "react";
import { FloatingReactions } from "./floating-reactions.tsx";
import { MessageActions } from "./message-actions.tsx";
import { MessageEditor } from "./message-editor.tsx";
import type { ShownMessage } from "./message-groups.ts";
import classes from "./message-view.module.css";
import type { Outbox } from "./outbox.ts";
import { problemOf } from "./problem-of.ts";
import { useRoomPage } from "./room-context.ts";
import { fullTimeOf } from "./times.ts";

interface MessageViewProps {
  readonly message: ShownMessage;
  readonly own: boolean;
  readonly outbox: Outbox;
}

/** One message: always text, whatever is in it. */
export function MessageView({ message: { id, text, editedAt, unsent }, own, outbox }: MessageViewProps) {
  const { send } = useRoomPage().room;
  const [editing, setEditing] = useState(false);
  const [problem, setProblem] = useState<string>();
  const delivery = unsent ? (unsent.error ? "failed" : "sending") : "sent";

  const save = async (next: string) => {
    setEditing(false);
    if (next !== text) setProblem(await problemOf(send.edit({ messageId: id, text: next })));
  };
  const remove = async () => setProblem(await problemOf(send.remove({ messageId: id })));

  if (editing)
    return <MessageEditor text={text} onSave={(next) => void save(next)} onCancel={() => setEditing(false)} />;
  return (
    <>
      <div className={classes.row} data-own={own || undefined} data-row>
        <div className={classes.bubble} data-message={id} data-delivery={delivery}>
          <span>{text}</span>
          {delivery === "sending" && <IconClock className={classes.clock} size={14} role="img" aria-label="Sending" />}
        </div>
        {delivery === "sent" && (
          <MessageActions messageId={id} own={own} onEdit={() => setEditing(true)} onRemove={() => void remove()} />
        )}
        <FloatingReactions messageId={id} />
      </div>
      {editedAt !== null && (
        <span className={classes.edited} title={fullTimeOf(editedAt)}>
          edited
        </span>
      )}
      {problem && (
        <div className={classes.failed} role="alert">
          <IconAlertCircle size={14} aria-hidden />
          <span>{problem}</span>
        </div>
      )}
      {unsent?.error && (
        <div className={classes.failed} role="alert">
          <IconAlertCircle size={14} aria-hidden />
          <span>Not sent. {unsent.error.message}</span>
          <button type="button" onClick={() => outbox.retry(id)}>
            Send again
          </button>
          <button type="button" onClick={() => outbox.discard(id)}>
            Discard
          </button>
        </div>
      )}
    </>
  );
}
