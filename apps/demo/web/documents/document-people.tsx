import { Tooltip } from "@mantine/core";
import { useDocument } from "@shoal/react/documents";
import { PersonAvatar } from "../person-avatar.tsx";
import classes from "./document-tools.module.css";

/** How many are shown; of the others it is told how many they are. */
const most = 6;

/** Who is in the document, each in the color of their cursor. */
export function DocumentPeople({ documentId }: { readonly documentId: string }) {
  const { people } = useDocument({ documentId }, { select: ({ people }) => ({ people }) });
  return (
    <ul className={classes.people} aria-label="Here now">
      {people.slice(0, most).map(({ id, name, self, color }) => (
        <li key={id}>
          <Tooltip label={self ? `${name} (you)` : name} withArrow>
            <span className={classes.person}>
              <PersonAvatar id={id} name={name} size={28} color={color} />
              <span className={classes.spoken}>{self ? `${name} (you)` : name}</span>
            </span>
          </Tooltip>
        </li>
      ))}
      {people.length > most && <li>+{people.length - most}</li>}
    </ul>
  );
}
