import type { UseRoom } from "@shoal/react/rooms";
import { EmptyState } from "../empty-state.tsx";
import { useStore } from "../store.ts";
import { useSignOutOn } from "../use-sign-out-on.ts";
import { useUser } from "../user.ts";
import { Composer } from "./composer.tsx";
import classes from "./conversation.module.css";
import { GroupView } from "./group-view.tsx";
import { type Group, groupEntries, withOutbox } from "./message-groups.ts";
import { OlderMessages } from "./older-messages.tsx";
import { outboxOf } from "./outbox.ts";
import { ToNewest } from "./to-newest.tsx";
import { TypingLine } from "./typing-line.tsx";
import { useStickyScroll } from "./use-sticky-scroll.ts";
import { useTimeline } from "./use-timeline.ts";
import { useUnread } from "./use-unread.ts";

interface ConversationProps {
  readonly room: UseRoom;
  readonly state: NonNullable<UseRoom["state"]>;
}

/** What was said in a room, and the field to say more. */
export function Conversation({ room, state }: ConversationProps) {
  const user = useUser();
  const timeline = useTimeline(room, state);
  const outbox = outboxOf(room.topic);
  const unsent = useStore(outbox);
  const entries = withOutbox(timeline.entries, unsent, user);
  const { viewport, content, atEnd, scrollToEnd } = useStickyScroll(entries[0]?.id, entries.at(-1)?.id);
  const unread = useUnread(entries, user.id, atEnd);
  const name = state.name || room.topic.params.roomId;
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
          aria-label={`Messages in ${name}`}
        >
          <OlderMessages timeline={timeline} />
          {entries.length === 0 && !timeline.hasOlder && (
            <EmptyState title={`It is quiet in # ${name}`} text="Nobody has said anything yet. Say the first word." />
          )}
          <ol ref={content} className={classes.groups}>
            {groupEntries(entries, user.id).map((group) => (
              <GroupView key={keyOf(group)} group={group} outbox={outbox} />
            ))}
          </ol>
        </div>
        {!atEnd && <ToNewest unread={unread} onClick={scrollToEnd} />}
      </div>
      <TypingLine {...room} />
      <Composer room={name} onKeystroke={room.keystroke} onSend={send} />
    </>
  );
}

function keyOf(group: Group): string | undefined {
  return group.kind === "line" ? `line ${group.line.id}` : group.messages[0]?.id;
}
