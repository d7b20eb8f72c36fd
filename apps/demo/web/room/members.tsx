import type { UseRoom } from "@shoal/react/rooms";
import { PersonAvatar } from "../person-avatar.tsx";
import { useUser } from "../user.ts";
import classes from "./members.module.css";

type Member = UseRoom["members"][number];

/** Who is in the room: everybody once, however many tabs they have open. */
export function Members({ members, status }: Pick<UseRoom, "members" | "status">) {
  const user = useUser();
  const live = status === "live";
  const own = members.filter(({ id }) => id === user.id);
  const others = members.filter(({ id }) => id !== user.id);
  return (
    <div className={classes.panel} data-stale={!live || undefined}>
      <h2 className={classes.heading}>{live ? "Here now" : "Here a moment ago"}</h2>
      <ul className={classes.members} aria-label="Here now" aria-live="polite">
        {own.map((member) => (
          <MemberRow key={member.id} member={member} note="you" live={live} />
        ))}
        {others.map((member) => (
          <MemberRow key={member.id} member={member} live={live} />
        ))}
      </ul>
    </div>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly note?: string;
  readonly live: boolean;
}

function MemberRow({ member: { id, name = "Somebody", clients }, note, live }: MemberRowProps) {
  const typing = live && clients.some(({ state }) => state.typing);
  const notes = [note, clients.length > 1 && `${clients.length} tabs`].filter(Boolean);
  return (
    <li className={classes.member}>
      <PersonAvatar id={id} name={name} size={28} />
      <div className={classes.who}>
        <div className={classes.name}>{name}</div>
        {notes.length > 0 && <div className={classes.notes}>{notes.join(" · ")}</div>}
      </div>
      {typing && (
        <span className={classes.typing} aria-hidden>
          …
        </span>
      )}
    </li>
  );
}
