import { useClient } from "@shoal/react";
import type { UseRoom } from "@shoal/react/rooms";
import { EmptyState } from "../empty-state.tsx";
import { useStore } from "../store.ts";
import { useSignOutOn } from "../use-sign-out-on.ts";
import { useUser } from "../user.ts";
import { Composer } from "./composer.tsx";
import classes from "./conversation.module.css";
import { MessageGroupView } from "./message-group-view.tsx";
import { groupMessages, withOutbox } from "./message-groups.ts";
import { OlderMessages } from "./older-messages.tsx";
import { outboxOf } from "./outbox.ts";
import { ToNewest } from "./to-newest.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useStickyScroll } from "./use-sticky-scroll.ts";
import { useTimeline } from "./use-timeline.ts";
import { useUnread } from "./use-unread.ts";

/** What was said in a room, and the field to say more. */
export function Conversation({ room }: { readonly room: UseRoom }) {
  const user = useUser();
  const { connection } = useClient();
  const timeline = useTimeline(room);
  const outbox = outboxOf(room.topic, connection);
  const unsent = useStore(outbox);
  const messages = withOutbox(timeline.messages, unsent, user);
  const { viewport, content, atEnd, scrollToEnd } = useStickyScroll(messages[0]?.id, messages.at(-1)?.id);
  const unread = useUnread(messages, user.id, atEnd);
  const { roomId } = room.topic.params;
  useSignOutOn(unsent.find(({ error }) => error)?.error);

  const send = (text: string) => {
    room.stop();
    outbox.post(text);
    scrollToEnd();
  };

  return (
    <>
      <div className={classes.frame}>
        <div
          ref={viewport}
          className={classes.viewport}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          role="log"
          aria-live="polite"
          aria-label={`Messages in ${roomId}`}
        >
          <OlderMessages timeline={timeline} />
          {messages.length === 0 && (
            <EmptyState title={`It is quiet in # ${roomId}`} text="Nobody has said anything yet. Say the first word." />
          )}
          <ol ref={content} className={classes.groups}>
            {groupMessages(messages, user.id).map((group) => (
              <MessageGroupView key={group.messages[0]?.id} group={group} outbox={outbox} />
            ))}
          </ol>
        </div>
        {!atEnd && <ToNewest unread={unread} onClick={scrollToEnd} />}
      </div>
      <TypingLine {...room} />
      <Composer roomId={roomId} onKeystroke={room.keystroke} onSend={send} />
    </>
  );
}
