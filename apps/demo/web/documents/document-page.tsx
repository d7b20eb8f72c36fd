import type { DocumentState } from "@shoal/client/documents";
import { useDocument } from "@shoal/react/documents";
import { lazy, Suspense } from "react";
import { Shell } from "../shell/shell.tsx";
import { DocumentFailed } from "./document-failed.tsx";
import { LoadingText } from "./document-loading.tsx";
import { DocumentName } from "./document-name.tsx";
import { DocumentTools } from "./document-tools.tsx";

const Editor = lazy(() => import("./editor.tsx"));

/** One document: its text, who is in it, and how it stands. */
export default function DocumentPage({ documentId }: { readonly documentId: string }) {
  // Not what changes with each key: the editor is bound to the text itself.
  const document = useDocument({ documentId }, { select: shownHere });
  return (
    <Shell title={<DocumentName document={document} />}>
      <DocumentTools documentId={documentId} />
      <DocumentFailed documentId={documentId} />
      {document.known && (
        <Suspense fallback={<LoadingText />}>
          <Editor key={document.doc.guid} {...document} />
        </Suspense>
      )}
      {document.loading && <LoadingText />}
    </Shell>
  );
}

function shownHere({ title, canEdit, status }: DocumentState) {
  return { title, canEdit, loading: status === "loading", known: title !== "" && status !== "loading" };
}
