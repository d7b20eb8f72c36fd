import type { Person } from "@shoal/contract/rooms";
import type { UseRoom } from "@shoal/react/rooms";
import { WaveButton } from "../notifications/wave-button.tsx";
import { PersonAvatar } from "../person-avatar.tsx";
import { useUser } from "../user.ts";
import { GrantRole } from "./grant-role.tsx";
import classes from "./members.module.css";
import { roleOf } from "./rights.ts";
import { useRoomPage } from "./room-context.ts";

type Member = UseRoom["members"][number];

/** Who is in the room: everybody once, however many tabs they have open, and what they may do in it. */
export function Members() {
  const user = useUser();
  const { members, status } = useRoomPage().room;
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
  const user = useUser();
  const { state } = useRoomPage().room;
  const person: Person = { id, name };
  const role = state ? roleOf(state, id) : "member";
  const typing = live && clients.some(({ state: { typing } }) => typing);
  const notes = [note, role !== "member" && role, clients.length > 1 && `${clients.length} tabs`].filter(Boolean);
  return (
    <li className={classes.member}>
      <PersonAvatar {...person} size={28} />
      <div className={classes.who}>
        <div className={classes.name}>{name}</div>
        {notes.length > 0 && <div className={classes.notes}>{notes.join(" · ")}</div>}
      </div>
      {typing && (
        <span className={classes.typing} aria-hidden>
          …
        </span>
      )}
      {id !== user.id && <WaveButton {...person} />}
      <GrantRole person={person} role={role} />
    </li>
  );
}
