import type { UseRoom } from "@shoal/react/rooms";
import { useUser } from "../user.ts";
import classes from "./typing-line.module.css";

/** Tells who else is writing. It keeps its place when nobody is, so that nothing jumps. */
export function TypingLine({ members, status }: Pick<UseRoom, "members" | "status">) {
  const user = useUser();
  // What one was doing when the line broke says nothing about now.
  const known = status === "live" ? members : [];
  const names = known
    .filter(({ id, clients }) => id !== user.id && clients.some(({ state }) => state.typing))
    .map(({ name = "Somebody" }) => name);
  return (
    <div className={classes.line} role="status" aria-label="Who is typing">
      {names.length > 0 && (
        <>
          <span className={classes.dots} aria-hidden>
            <i />
            <i />
            <i />
          </span>
          {sentence(names)}
        </>
      )}
    </div>
  );
}

function sentence(names: readonly string[]): string {
  const [first, second] = names;
  if (names.length === 1) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  return `${names.length} people are typing…`;
}
