import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import { IconChecks, IconSettings, IconX } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { Link } from "../link.tsx";
import { ItemList } from "./item-list.tsx";
import { moveByArrow } from "./move-by-arrow.ts";
import classes from "./panel.module.css";
import { settingsPath } from "./settings-path.ts";
import { tell } from "./snack.ts";
import { Snackbar } from "./snackbar.tsx";
import type { Inbox } from "./use-inbox.ts";
import { useKeptFocus } from "./use-kept-focus.ts";

export type Shown = "all" | "unread" | "archived";

interface PanelProps {
  readonly inbox: Inbox;
  readonly onClose: () => void;
}

/** The inbox, as a dialog shows it. */
export function Panel({ inbox, onClose }: PanelProps) {
  const [shown, setShown] = useState<Shown>("all");
  const panel = useRef<HTMLElement>(null);
  useKeptFocus(panel);
  const unread = inbox.counts?.unread ?? 0;
  const readAll = () => void tell(inbox.markAllRead(), `Marked ${unread} as read`, inbox.undo);
  return (
    // What is focused at first: the arrow keys lead on from here.
    <section
      ref={panel}
      className={classes.panel}
      aria-label="Inbox"
      tabIndex={-1}
      data-autofocus
      onKeyDown={moveByArrow}
    >
      <header className={classes.header}>
        <h2 className={classes.title}>Notifications</h2>
        <Button
          className={classes.all}
          variant="subtle"
          size="compact-sm"
          leftSection={<IconChecks size={16} />}
          // It stays focusable, so that the focus is not lost with the last unread item.
          aria-disabled={unread === 0}
          {...(unread === 0 && { "data-disabled": true })}
          onClick={() => unread > 0 && readAll()}
        >
          Mark all read
        </Button>
        <Link className={classes.settings} href={settingsPath} aria-label="Notification settings" onClick={onClose}>
          <IconSettings size={18} />
        </Link>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Close" onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      <div className={classes.filter}>
        <SegmentedControl
          fullWidth
          size="sm"
          radius="md"
          aria-label="Which notifications"
          value={shown}
          onChange={(value) => setShown(value as Shown)}
          data={[
            { value: "all", label: "All" },
            { value: "unread", label: unread === 0 ? "Unread" : `Unread (${unread})` },
            { value: "archived", label: "Archived" },
          ]}
        />
      </div>
      <ItemList key={shown} shown={shown} inbox={inbox} onFollow={onClose} />
      <div className={classes.done}>
        <Snackbar />
      </div>
    </section>
  );
}
