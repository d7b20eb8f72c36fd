import { IconAlertCircle, IconClock } from "@tabler/icons-react";
import type { ShownMessage } from "./message-groups.ts";
import classes from "./message-view.module.css";
import type { Outbox } from "./outbox.ts";

interface MessageViewProps {
  readonly message: ShownMessage;
  readonly outbox: Outbox;
}

/** One message: always text, whatever is in it. */
export function MessageView({ message: { id, text, unsent }, outbox }: MessageViewProps) {
  const delivery = unsent ? (unsent.error ? "failed" : "sending") : "sent";
  return (
    <>
      <div className={classes.bubble} data-message={id} data-delivery={delivery}>
        <span>{text}</span>
        {delivery === "sending" && <IconClock className={classes.clock} size={14} role="img" aria-label="Sending" />}
      </div>
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
