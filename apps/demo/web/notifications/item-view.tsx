import { ActionIcon } from "@mantine/core";
import {
  IconArchive,
  IconArchiveOff,
  IconBellOff,
  IconMail,
  IconMailOpened,
  IconTrash,
  type TablerIcon,
} from "@tabler/icons-react";
import type { MouseEvent } from "react";
import { fullTimeOf } from "../room/times.ts";
import { agoOf } from "../shell/ago-of.ts";
import { ItemIcon } from "./item-icon.tsx";
import { ItemLink } from "./item-link.tsx";
import classes from "./item-view.module.css";
import { leaveItem } from "./move-by-arrow.ts";
import { tell } from "./snack.ts";
import { sourceName } from "./source-name.ts";
import type { Inbox, InboxItem } from "./use-inbox.ts";

interface ItemViewProps {
  readonly item: InboxItem;
  readonly inbox: Inbox;
  readonly now: number;
  readonly onFollow: () => void;
}

/** One notification, and what one can do with it. All that people wrote is text. */
export function ItemView({ item, inbox, now, onFollow }: ItemViewProps) {
  const { title, body } = inbox.render(item);
  const unread = item.readAt === null && item.archivedAt === null;
  return (
    <li className={classes.item} data-id={item.id} data-unread={unread || undefined}>
      <ItemLink className={classes.link} item={item} inbox={inbox} onFollow={onFollow}>
        <ItemIcon item={item} size={38} />
        <span className={classes.texts}>
          <span className={classes.title} data-title>
            {title}
          </span>
          <span className={classes.body}>{body}</span>
          <time className={classes.at} dateTime={new Date(item.at).toISOString()} title={fullTimeOf(item.at)}>
            {agoOf(item.at, now)}
          </time>
        </span>
        <span className={classes.dot} />
        {unread && <span className={classes.spoken}>Unread</span>}
      </ItemLink>
      <div className={classes.actions}>
        {item.archivedAt === null ? (
          <InboxActions item={item} inbox={inbox} />
        ) : (
          <ArchiveActions item={item} inbox={inbox} />
        )}
      </div>
    </li>
  );
}

type Acting = Pick<ItemViewProps, "item" | "inbox">;

function InboxActions({ item, inbox }: Acting) {
  const { source } = item;
  const mute = (from: string) =>
    void tell(inbox.mute(from), `Muted ${sourceName(from, [item])}`, () => inbox.unmute(from));
  return (
    <>
      {item.readAt === null ? (
        <Action label="Mark as read" Icon={IconMailOpened} onClick={() => void tell(inbox.markRead(item))} />
      ) : (
        <Action label="Mark as unread" Icon={IconMail} onClick={() => void tell(inbox.markUnread(item))} />
      )}
      {source !== null && !inbox.isMuted(source) && (
        <Action label={`Mute ${sourceName(source, [item])}`} Icon={IconBellOff} onClick={() => mute(source)} />
      )}
      <Action
        label="Archive"
        Icon={IconArchive}
        goes
        onClick={() => void tell(inbox.archive(item), "Archived", inbox.undo)}
      />
    </>
  );
}

function ArchiveActions({ item, inbox }: Acting) {
  return (
    <>
      <Action
        label="Move to the inbox"
        Icon={IconArchiveOff}
        goes
        onClick={() => void tell(inbox.unarchive(item), "Moved to the inbox", inbox.undo)}
      />
      <Action label="Remove for ever" Icon={IconTrash} goes onClick={() => void tell(inbox.remove(item), "Removed")} />
    </>
  );
}

interface ActionProps {
  readonly label: string;
  readonly Icon: TablerIcon;
  /** Whether the item leaves the list. */
  readonly goes?: boolean;
  readonly onClick: () => void;
}

function Action({ label, Icon, goes = false, onClick }: ActionProps) {
  const act = (event: MouseEvent<HTMLElement>) => {
    if (goes) leaveItem(event.currentTarget);
    onClick();
  };
  return (
    <ActionIcon variant="subtle" color="gray" size="md" aria-label={label} title={label} onClick={act}>
      <Icon size={17} />
    </ActionIcon>
  );
}
