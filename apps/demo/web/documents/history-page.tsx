import { Button } from "@mantine/core";
import { useDocument } from "@shoal/react/documents";
import { IconArrowLeft } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "../link.tsx";
import { pathOfDocument } from "../router.ts";
import { Shell } from "../shell/shell.tsx";
import { DocumentFailed } from "./document-failed.tsx";
import { DocumentName } from "./document-name.tsx";
import tools from "./document-tools.module.css";
import classes from "./history-page.module.css";
import { SaveLine } from "./save-line.tsx";
import { useVersions } from "./use-versions.ts";
import { VersionList } from "./version-list.tsx";
import { VersionView } from "./version-view.tsx";

/** What a document was: who wrote what and when, and the way back. */
export default function HistoryPage({ documentId }: { readonly documentId: string }) {
  const document = useDocument({ documentId }, { select: ({ title, canEdit }) => ({ title, canEdit }) });
  const { data, error, hasNextPage, fetchNextPage, refetch } = useVersions(documentId, document.history);
  const [chosen, setChosen] = useState<number>();
  const versions = data?.pages.flatMap(({ items }) => items) ?? [];
  // A version grows as long as its author goes on.
  const version = versions.find(({ from }) => from === chosen) ?? versions[0];
  return (
    <Shell title={<DocumentName document={document} />}>
      <div className={tools.tools}>
        <Button
          component={Link}
          href={pathOfDocument(documentId)}
          size="compact-md"
          fz={14}
          variant="default"
          leftSection={<IconArrowLeft size={16} />}
        >
          To the text
        </Button>
        <SaveLine documentId={documentId} />
      </div>
      <DocumentFailed documentId={documentId} />
      {error && !data && (
        <p className={classes.problem} role="alert">
          {error.message}
        </p>
      )}
      {data && versions.length === 0 && <p className={classes.nothing}>Nothing was written yet.</p>}
      {version && (
        <div className={classes.page}>
          <VersionList
            documentId={documentId}
            versions={versions}
            chosen={version.from}
            onChoose={setChosen}
            {...(hasNextPage && { onMore: () => void fetchNextPage() })}
          />
          <VersionView
            key={version.from}
            documentId={documentId}
            version={version}
            latest={version === versions[0]}
            onRestored={() => {
              setChosen(undefined);
              void refetch();
            }}
          />
        </div>
      )}
    </Shell>
  );
}
