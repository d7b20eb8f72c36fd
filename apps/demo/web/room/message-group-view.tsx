import { PersonAvatar } from "../person-avatar.tsx";
import classes from "./message-group-view.module.css";
import type { MessageGroup } from "./message-groups.ts";
import { MessageView } from "./message-view.tsx";
import type { Outbox } from "./outbox.ts";
import { roleOf } from "./rights.ts";
import { useRoomPage } from "./room-context.ts";
import { fullTimeOf, timeOf } from "./times.ts";

interface MessageGroupViewProps {
  readonly group: MessageGroup;
  readonly outbox: Outbox;
}

/** What one person wrote in one go, under one name, role and time. */
export function MessageGroupView({ group: { author, at, own, messages }, outbox }: MessageGroupViewProps) {
  const { state } = useRoomPage().room;
  const role = state ? roleOf(state, author.id) : "member";
  return (
    <div className={classes.group} data-own={own || undefined}>
      {!own && <PersonAvatar {...author} size={36} />}
      <div className={classes.column}>
        <div className={classes.by}>
          <span className={classes.author}>{own ? "You" : author.name}</span>
          {role !== "member" && <span className={classes.role}>{role}</span>}
          <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
            {timeOf(at)}
          </time>
        </div>
        {messages.map((message) => (
          <MessageView key={message.id} message={message} own={own} outbox={outbox} />
        ))}
      </div>
    </div>
  );
}
