import { ActionIcon, Button } from "@mantine/core";
import type { DocumentState } from "@shoal/client/documents";
import { useDocument } from "@shoal/react/documents";
import { IconArrowBackUp, IconArrowForwardUp, IconHistory } from "@tabler/icons-react";
import { Link } from "../link.tsx";
import { historyOfDocument } from "../router.ts";
import { DocumentPeople } from "./document-people.tsx";
import classes from "./document-tools.module.css";
import { SaveLine } from "./save-line.tsx";
import { ShareDocument } from "./share-document.tsx";

/** What is told of a document and can be done with it, above its text. */
export function DocumentTools({ documentId }: { readonly documentId: string }) {
  const { undo, redo, canUndo, canRedo, canEdit, known, role } = useDocument({ documentId }, { select: shownHere });
  return (
    <div className={classes.tools}>
      <SaveLine documentId={documentId} />
      <DocumentPeople documentId={documentId} />
      <div className={classes.buttons}>
        {canEdit && (
          <>
            <ActionIcon variant="default" size={30} aria-label="Undo" disabled={!canUndo} onClick={undo}>
              <IconArrowBackUp size={17} />
            </ActionIcon>
            <ActionIcon variant="default" size={30} aria-label="Redo" disabled={!canRedo} onClick={redo}>
              <IconArrowForwardUp size={17} />
            </ActionIcon>
          </>
        )}
        {known && (
          <Button
            component={Link}
            href={historyOfDocument(documentId)}
            size="compact-md"
            fz={14}
            variant="default"
            leftSection={<IconHistory size={16} />}
          >
            History
          </Button>
        )}
        {role && <ShareDocument documentId={documentId} owned={role === "owner"} />}
      </div>
    </div>
  );
}

function shownHere({ canUndo, canRedo, canEdit, role, title }: DocumentState) {
  return { canUndo, canRedo, canEdit, role, known: title !== "" };
}
