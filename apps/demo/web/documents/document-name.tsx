import { maxTitleLength } from "@shoal/contract/documents";
import type { DocumentHandles } from "@shoal/react/documents";
import { Rename } from "../rename.tsx";
import classes from "./document-name.module.css";
import { problemOf } from "./problem-of.ts";

interface DocumentNameProps {
  readonly document: Pick<DocumentHandles, "send"> & { readonly title: string; readonly canEdit: boolean };
}

/** What the document is called, and for who may write: another name. */
export function DocumentName({ document: { title, canEdit, send } }: DocumentNameProps) {
  return (
    <div className={classes.row}>
      <h1 className={classes.name}>{title || "Document"}</h1>
      {canEdit && (
        <Rename
          name={title}
          label="Rename the document"
          fieldLabel="Title of the document"
          maxLength={maxTitleLength}
          rename={(next) => problemOf(send.rename({ title: next }))}
        />
      )}
    </div>
  );
}
