import { IconBroadcast, IconDoorEnter, IconDoorExit, IconPencil, IconShield } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { RoomLine } from "./message-groups.ts";
import classes from "./room-line-view.module.css";
import { fullTimeOf } from "./times.ts";

/** What the room tells of itself. */
export function RoomLineView({ line }: { readonly line: RoomLine }) {
  const { Icon, text } = tell(line);
  return (
    <div className={classes.line} title={fullTimeOf(line.at)} data-line={line.kind}>
      <Icon className={classes.icon} size={15} aria-hidden />
      <span>{text}</span>
    </div>
  );
}

function tell(line: RoomLine): { readonly Icon: typeof IconPencil; readonly text: ReactNode } {
  switch (line.kind) {
    case "created":
      return { Icon: IconBroadcast, text: <>{line.by.name} opened the room</> };
    case "renamed":
      return {
        Icon: IconPencil,
        text: (
          <>
            {line.by.name} named the room <strong>{line.name}</strong>
          </>
        ),
      };
    case "granted":
      return {
        Icon: IconShield,
        text: (
          <>
            {line.by.name} made {line.to.id === line.by.id ? "themselves" : line.to.name} {withArticle(line.role)}
          </>
        ),
      };
    case "joined":
      return { Icon: IconDoorEnter, text: <>{line.who.name} came in</> };
    case "left":
      return { Icon: IconDoorExit, text: <>{line.who.name} left</> };
  }
}

function withArticle(role: string): string {
  return role === "owner" ? "an owner" : `a ${role}`;
}
