import { NativeSelect } from "@mantine/core";
import { personColors } from "@shoal/client/documents";
import { PersonAvatar } from "../person-avatar.tsx";
import { useUser } from "../user.ts";
import classes from "./share-document.module.css";
import type { Role } from "./share-document.tsx";

const texts: Readonly<Record<Role, string>> = { owner: "Owner", editor: "May write", viewer: "May read" };

const choices = [
  ...Object.entries(texts).map(([value, label]) => ({ value, label })),
  { value: "", label: "No longer" },
];

interface ShareRowProps {
  readonly person: { readonly id: string; readonly name: string };
  readonly role: Role;
  /** Absent where it is not the user's to change. */
  readonly onChange?: (role: Role | null) => void;
}

export function ShareRow({ person, role, onChange }: ShareRowProps) {
  const user = useUser();
  return (
    <li className={classes.share}>
      <PersonAvatar {...person} size={28} color={personColors(person.id).color} />
      <span className={classes.name}>
        {person.name}
        {person.id === user.id && " (you)"}
      </span>
      {onChange ? (
        <NativeSelect
          size="xs"
          aria-label={`What ${person.name} may do`}
          data={choices}
          value={role}
          onChange={({ currentTarget: { value } }) => onChange(value === "" ? null : (value as Role))}
        />
      ) : (
        <span className={classes.role}>{texts[role]}</span>
      )}
    </li>
  );
}
