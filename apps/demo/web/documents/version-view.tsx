import { Button, SegmentedControl } from "@mantine/core";
import type { DocumentVersion } from "@shoal/contract/documents";
import { useDocument } from "@shoal/react/documents";
import { IconRestore } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import classes from "./history-page.module.css";
import { NameVersion } from "./name-version.tsx";
import { problemOf } from "./problem-of.ts";

interface VersionViewProps {
  readonly documentId: string;
  readonly version: DocumentVersion;
  /** Whether it is what the document says now. */
  readonly latest: boolean;
  readonly onRestored: () => void;
}

/** What a version has changed, or what it said, and the way back to it. */
export function VersionView({ documentId, version, latest, onRestored }: VersionViewProps) {
  const { history, canEdit } = useDocument({ documentId }, { select: ({ canEdit }) => ({ canEdit }) });
  const [shown, setShown] = useState("changes");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const restore = async () => {
    setBusy(true);
    const found = await problemOf(history.restore(version.to));
    setBusy(false);
    setProblem(found);
    if (!found) onRestored();
  };
  return (
    <section className={classes.view} aria-label="Version">
      <div className={classes.actions}>
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          value={shown}
          onChange={setShown}
          data={[
            { value: "changes", label: "What changed" },
            { value: "text", label: "The text then" },
          ]}
        />
        {canEdit && <NameVersion documentId={documentId} version={version} />}
        {canEdit && !latest && (
          <Button
            size="compact-md"
            fz={14}
            loading={busy}
            leftSection={<IconRestore size={16} />}
            onClick={() => void restore()}
          >
            Restore this version
          </Button>
        )}
      </div>
      {problem && (
        <p className={classes.problem} role="alert">
          {problem}
        </p>
      )}
      {shown === "changes" ? (
        <Changes documentId={documentId} version={version} />
      ) : (
        <TextThen documentId={documentId} version={version} />
      )}
    </section>
  );
}

type Shown = Pick<VersionViewProps, "documentId" | "version">;

function Changes({ documentId, version: { from, to } }: Shown) {
  const { history } = useDocument({ documentId }, { select: () => ({}) });
  const { data, error } = useQuery({
    queryKey: ["difference", documentId, from, to],
    queryFn: ({ signal }) => history.difference(from - 1, to, { signal }),
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <p className={classes.problem}>{error.message}</p>;
  // Pieces have no name, and only their places tell them apart.
  return (
    <div className={classes.text} data-version-text>
      {data?.map(({ kind, text }, at) => {
        const Piece = kind === "added" ? "ins" : kind === "removed" ? "del" : "span";
        return <Piece key={at}>{text}</Piece>;
      })}
    </div>
  );
}

function TextThen({ documentId, version: { to } }: Shown) {
  const { history } = useDocument({ documentId }, { select: () => ({}) });
  const { data, error } = useQuery({
    queryKey: ["textAt", documentId, to],
    queryFn: ({ signal }) => history.textAt(to, { signal }),
    placeholderData: (before) => before,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <p className={classes.problem}>{error.message}</p>;
  return (
    <div className={classes.text} data-version-text>
      {data}
    </div>
  );
}
