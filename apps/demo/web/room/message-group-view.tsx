import { PersonAvatar } from "../person-avatar.tsx";
import classes from "./message-group-view.module.css";
import type { MessageGroup } from "./message-groups.ts";
import { MessageView } from "./message-view.tsx";
import type { Outbox } from "./outbox.ts";
import { dayOf, fullTimeOf, timeOf } from "./times.ts";

interface MessageGroupViewProps {
  readonly group: MessageGroup;
  readonly outbox: Outbox;
}

/** What one person wrote in one go, under one name and time. */
export function MessageGroupView({ group: { author, at, own, newDay, messages }, outbox }: MessageGroupViewProps) {
  return (
    <li>
      {newDay && <div className={classes.day}>{dayOf(at, Date.now())}</div>}
      <div className={classes.group} data-own={own || undefined}>
        {!own && <PersonAvatar {...author} size={36} />}
        <div className={classes.column}>
          <div className={classes.by}>
            <span className={classes.author}>{own ? "You" : author.name}</span>
            <time dateTime={new Date(at).toISOString()} title={fullTimeOf(at)}>
              {timeOf(at)}
            </time>
          </div>
          {messages.map((message) => (
            <MessageView key={message.id} message={message} outbox={outbox} />
          ))}
        </div>
      </div>
    </li>
  );
}
