import { Button, Loader } from "@mantine/core";
import { useNotificationHistory } from "@shoal/react/notification-history";
import { inbox as notifications } from "../../contract/inbox.ts";
import { dayOf } from "../room/times.ts";
import { useNow } from "../use-now.ts";
import { useUser } from "../user.ts";
import classes from "./item-list.module.css";
import { ItemView } from "./item-view.tsx";
import type { Shown } from "./panel.tsx";
import type { Inbox, InboxItem } from "./use-inbox.ts";

const pageSize = 30;

const filters = {
  all: { limit: pageSize },
  unread: { limit: pageSize, unread: true },
  archived: { limit: pageSize, archived: true },
} as const;

interface ItemListProps {
  readonly shown: Shown;
  readonly inbox: Inbox;
  readonly onFollow: () => void;
}

/** The items of an inbox by day, as far back as was asked for. */
export function ItemList({ shown, inbox, onFollow }: ItemListProps) {
  const params = { userId: useUser().id };
  const { items, hasOlder, loading, error, loadOlder } = useNotificationHistory(notifications, params, filters[shown]);
  const now = useNow(true);
  return (
    <div className={classes.scroll}>
      {byDay(items, now).map(({ day, of }) => (
        <section key={day} aria-label={day}>
          <h3 className={classes.day}>{day}</h3>
          <ul className={classes.items}>
            {of.map((item) => (
              <ItemView key={item.id} item={item} inbox={inbox} now={now} onFollow={onFollow} />
            ))}
          </ul>
        </section>
      ))}
      {items.length === 0 && !loading && !error && <Empty shown={shown} />}
      {error && (
        <p className={classes.problem} role="alert">
          What is older could not be read: {error.message}
        </p>
      )}
      {loading && (
        <div className={classes.more}>
          <Loader size="sm" aria-label="Loading" />
        </div>
      )}
      {hasOlder && !loading && (
        <div className={classes.more}>
          <Button variant="default" size="compact-sm" radius="xl" onClick={loadOlder}>
            Show older
          </Button>
        </div>
      )}
    </div>
  );
}

function Empty({ shown }: { readonly shown: Shown }) {
  const { title, text } = empty[shown];
  return (
    <div className={classes.empty}>
      <strong>{title}</strong>
      <p>{text}</p>
    </div>
  );
}

const empty: Record<Shown, { readonly title: string; readonly text: string }> = {
  all: { title: "Nothing here", text: "Who writes @ and your name in a room, or waves at you, shows up here." },
  unread: { title: "You have read it all", text: "What is new shows up here." },
  archived: { title: "Nothing is archived", text: "Archive what you are done with and may want again." },
};

interface Day {
  readonly day: string;
  readonly of: readonly InboxItem[];
}

function byDay(items: readonly InboxItem[], now: number): readonly Day[] {
  const days = new Map<string, InboxItem[]>();
  for (const item of items) {
    const day = dayOf(item.at, now);
    days.set(day, [...(days.get(day) ?? []), item]);
  }
  return [...days].map(([day, of]) => ({ day, of }));
}
