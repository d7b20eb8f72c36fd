import classes from "./group-view.module.css";
import { MessageGroupView } from "./message-group-view.tsx";
import type { Group } from "./message-groups.ts";
import type { Outbox } from "./outbox.ts";
import { RoomLineView } from "./room-line-view.tsx";
import { dayOf } from "./times.ts";

interface GroupViewProps {
  readonly group: Group;
  readonly outbox: Outbox;
}

/** Messages, or a line of the room, under the day where a new one begins. */
export function GroupView({ group, outbox }: GroupViewProps) {
  const at = group.kind === "line" ? group.line.at : group.at;
  return (
    <li>
      {group.newDay && <div className={classes.day}>{dayOf(at, Date.now())}</div>}
      {group.kind === "line" ? <RoomLineView line={group.line} /> : <MessageGroupView group={group} outbox={outbox} />}
    </li>
  );
}
