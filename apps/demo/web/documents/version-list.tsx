import { Button, UnstyledButton } from "@mantine/core";
import { personColors } from "@shoal/client/documents";
import type { DocumentVersion } from "@shoal/contract/documents";
import { useServerTime } from "@shoal/react";
import { useDocument } from "@shoal/react/documents";
import { PersonAvatar } from "../person-avatar.tsx";
import { dayOf, timeOf } from "../room/times.ts";
import classes from "./history-page.module.css";

interface VersionListProps {
  readonly documentId: string;
  readonly versions: readonly DocumentVersion[];
  /** The first offset of the one that is shown. */
  readonly chosen: number;
  readonly onChoose: (from: number) => void;
  readonly onMore?: () => void;
}

/** Who wrote and when, the newest first. */
export function VersionList({ documentId, versions, chosen, onChoose, onMore }: VersionListProps) {
  const { versions: named } = useDocument({ documentId }, { select: ({ versions }) => ({ versions }) });
  const now = useServerTime({ every: 60_000 }) ?? Date.now();
  return (
    <nav className={classes.list} aria-label="Versions">
      <ol>
        {versions.map((version) => {
          const { from, to, at, by, edits, restored } = version;
          const name = named.findLast(({ offset }) => offset >= from && offset <= to)?.name;
          return (
            <li key={from}>
              <UnstyledButton
                className={classes.version}
                aria-current={from === chosen}
                onClick={() => onChoose(from)}
                data-version
              >
                <PersonAvatar
                  id={by?.id ?? "server"}
                  name={by?.name ?? "Shoal"}
                  size={30}
                  color={personColors(by?.id ?? "server").color}
                />
                <span className={classes.who}>
                  {name && <strong>{name}</strong>}
                  <span className={name ? classes.notes : undefined}>{by?.name ?? "The server"}</span>
                  <span className={classes.notes}>
                    {dayOf(at, now)}, {timeOf(at)} · {restored === null ? editsText(edits) : "restored"}
                  </span>
                </span>
              </UnstyledButton>
            </li>
          );
        })}
      </ol>
      {onMore && (
        <Button variant="default" size="compact-md" fullWidth onClick={onMore}>
          Show more
        </Button>
      )}
    </nav>
  );
}

function editsText(edits: number): string {
  return edits === 1 ? "1 edit" : `${edits} edits`;
}
