import type { CommandOutcome } from "@shoal/contract";
import type { AnyNotification, Notifications, NotificationTypes } from "@shoal/contract/notifications";
import type { Topic } from "../topic.ts";
import { showNotification } from "./show-notification.ts";

type Items = Pick<AnyNotification, "id"> | readonly Pick<AnyNotification, "id">[];
type Category<D, C> = keyof NotificationTypes<D, C, never>["state"]["counts"]["byCategory"];
type Via<D, C, V extends string> = NotificationTypes<D, C, V>["state"]["off"][number]["via"];
type Answer<D, C, V extends string, K extends keyof NotificationTypes<D, C, V>["commands"]> = Promise<
  CommandOutcome<NotificationTypes<D, C, V>, K>
>;

/**
 * What its user can do in an inbox, with one item or up to 100. Each is shown at once, and its promise resolves to the outcome of the command. "All"
 * ends with the newest item that is shown: what has arrived since stays as it is.
 */
export interface NotificationActions<D, C, V extends string> {
  markSeen(items: Items): Answer<D, C, V, "markSeen">;
  markAllSeen(): Answer<D, C, V, "markSeen">;
  markRead(items: Items): Answer<D, C, V, "markRead">;
  markUnread(items: Items): Answer<D, C, V, "markUnread">;
  markAllRead(only?: { readonly category?: Category<D, C> | undefined }): Answer<D, C, V, "markAllRead">;
  archive(items: Items): Answer<D, C, V, "archive">;
  unarchive(items: Items): Answer<D, C, V, "unarchive">;
  /** Archives what was read. */
  archiveRead(only?: { readonly category?: Category<D, C> | undefined }): Answer<D, C, V, "archiveRead">;
  /** For ever. */
  remove(items: Items): Answer<D, C, V, "remove">;
  /** Takes back what was marked, as far as it still is so. */
  undo(outcome: { readonly ok: true; readonly offset: number }): Answer<D, C, V, "undo">;
  setPreference(category: Category<D, C>, via: Via<D, C, V>, on: boolean): Answer<D, C, V, "setPreference">;
  mute(source: string): Answer<D, C, V, "mute">;
  unmute(source: string): Answer<D, C, V, "unmute">;
  /**
   * Shows the browser's own notification where its user permits them. A click on it marks the item as read and follows its link.
   *
   * @param follow - goes to an address; by default the page does
   */
  showInBrowser(item: AnyItem, follow?: (url: string) => void): Promise<boolean>;
}

type AnyItem = Pick<AnyNotification, "id" | "kind" | "data" | "actors" | "count" | "link">;

export interface ActionsOptions<State> {
  /**
   * The state that is shown: "all" is all that somebody sees.
   * @default the topic's own
   */
  readonly shown?: (() => State | undefined) | undefined;
}

/** The actions of an inbox, for the topic of one user. */
export function notificationActions<D, C, V extends string>(
  inbox: Notifications<D, C, V>,
  topic: Topic<NotificationTypes<D, C, V>>,
  { shown = () => topic.current.state }: ActionsOptions<NotificationTypes<D, C, V>["state"]> = {},
): NotificationActions<D, C, V> {
  const send = topic.send as unknown as Readonly<Record<string, (input: object) => Promise<never>>>;
  const act = (command: string, input: object) => send[command]?.(input) as Promise<never>;
  const on = (command: string) => (items: Items) => act(command, { ids: idsOf(items) });
  const all =
    (command: string) =>
    ({ category }: { readonly category?: Category<D, C> | undefined } = {}) =>
      act(command, { upTo: newestOf(shown()), ...(category !== undefined && { category }) });
  const markRead = on("markRead");
  return {
    markSeen: on("markSeen"),
    markAllSeen: all("markSeen"),
    markRead,
    markUnread: on("markUnread"),
    markAllRead: all("markAllRead"),
    archive: on("archive"),
    unarchive: on("unarchive"),
    archiveRead: all("archiveRead"),
    remove: on("remove"),
    undo: ({ offset }) => act("undo", { offset }),
    setPreference: (category, via, isOn) => act("setPreference", { category, via, on: isOn }),
    mute: (source) => act("mute", { source }),
    unmute: (source) => act("unmute", { source }),
    showInBrowser(item, follow = (url) => location.assign(url)) {
      const rendered = inbox.render(item);
      const onClick = () => {
        // Should it fail, it stays unread.
        markRead(item).catch(() => {});
        if (rendered.url !== undefined) follow(rendered.url);
      };
      return showNotification({ id: item.id, rendered, onClick });
    },
  };
}

function idsOf(items: Items): string[] {
  return (Array.isArray(items) ? (items as readonly { id: string }[]) : [items as { id: string }]).map(({ id }) => id);
}

function newestOf(state: { readonly items: readonly { readonly order: number }[] } | undefined): number {
  return state?.items[0]?.order ?? 0;
}
