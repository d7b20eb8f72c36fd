import { Button, Modal } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useDocument } from "@shoal/react/documents";
import { IconShare, IconUsers } from "@tabler/icons-react";
import { useState } from "react";
import { FindPerson } from "./find-person.tsx";
import { problemOf } from "./problem-of.ts";
import classes from "./share-document.module.css";
import { ShareRow } from "./share-row.tsx";

export type Role = "owner" | "editor" | "viewer";

/** With whom the document is shared; and for its owners, with whom it shall be. */
export function ShareDocument({ documentId, owned }: { readonly documentId: string; readonly owned: boolean }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        size="compact-md"
        fz={14}
        {...(!owned && { variant: "default" })}
        leftSection={owned ? <IconShare size={16} /> : <IconUsers size={16} />}
        onClick={open}
      >
        {owned ? "Share" : "Shared with"}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title="Who may open it"
        radius="lg"
        centered
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Shares documentId={documentId} />
      </Modal>
    </>
  );
}

function Shares({ documentId }: { readonly documentId: string }) {
  const { shares, role, send } = useDocument({ documentId }, { select: ({ shares, role }) => ({ shares, role }) });
  const [problem, setProblem] = useState<string>();
  const mayShare = role === "owner";
  const share = async (user: { readonly id: string; readonly name: string }, next: Role | null) =>
    setProblem(await problemOf(send.share({ userId: user.id, name: user.name, role: next })));
  const known = new Set(shares.map(({ user }) => user.id));
  return (
    <>
      {mayShare && <FindPerson known={known} onFound={(person, next) => void share(person, next)} />}
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      <ul className={classes.shares} aria-label="Shared with">
        {shares.map(({ user, role: has }) => (
          <ShareRow
            key={user.id}
            person={user}
            role={has}
            {...(mayShare && { onChange: (next: Role | null) => void share(user, next) })}
          />
        ))}
      </ul>
      {!mayShare && <p className={classes.note}>Only its owners may share it.</p>}
    </>
  );
}
