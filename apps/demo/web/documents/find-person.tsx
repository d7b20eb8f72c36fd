import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { PersonAvatar } from "../person-avatar.tsx";
import { useStore } from "../store.ts";
import { visit } from "../visit.ts";
import classes from "./share-document.module.css";

type Given = "editor" | "viewer";

interface FindPersonProps {
  /** Those it is shared with already. */
  readonly known: ReadonlySet<string>;
  readonly onFound: (person: { readonly id: string; readonly name: string }, role: Given) => void;
}

/** Finds somebody who was here before by the beginning of their name. */
export function FindPerson({ known, onFound }: FindPersonProps) {
  const { client } = useStore(visit);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Given>("editor");
  const [wanted] = useDebouncedValue(name.trim(), 200);
  const { data } = useQuery({
    queryKey: ["people", wanted],
    enabled: wanted !== "",
    queryFn: ({ signal }) => client.people.query.find({ name: wanted }, { signal }),
  });
  const found = wanted === "" ? undefined : data?.items.filter(({ id }) => !known.has(id));
  return (
    <>
      <div className={classes.find}>
        <TextInput
          className={classes.who}
          label="Share with"
          placeholder="A name"
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <NativeSelect
          label="Who"
          data={[
            { value: "editor", label: "may write" },
            { value: "viewer", label: "may read" },
          ]}
          value={role}
          onChange={(event) => setRole(event.currentTarget.value as Given)}
        />
      </div>
      {found && (
        <ul className={classes.found} aria-label="Found">
          {found.map((person) => (
            <li key={person.id} className={classes.share}>
              <PersonAvatar {...person} size={28} />
              <span className={classes.name}>{person.name}</span>
              <Button
                size="compact-sm"
                variant="light"
                aria-label={`Share with ${person.name}`}
                onClick={() => {
                  onFound(person, role);
                  setName("");
                }}
              >
                Share
              </Button>
            </li>
          ))}
        </ul>
      )}
      {found?.length === 0 && <p className={classes.note}>Nobody of that name who has been here and has it not yet.</p>}
    </>
  );
}
