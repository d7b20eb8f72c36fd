import type { NotificationCounts } from "@shoal/contract/notifications";
import type { Readable } from "../store.ts";

type Counted = Readable<{ readonly state: { readonly counts: NotificationCounts } | undefined }>;

/** What each badge counts; a topic that several show counts once. */
const badges = new Set<{ readonly topic: Counted; readonly count: () => number }>();

/** What the page's title begins with now. */
let prefix = "";
let watching: MutationObserver | undefined;

/**
 * Shows how many notifications there are in the title of the page, `(3) Title`, until the returned function is called. The page may set its title
 * meanwhile. Several badges on a page show their sum.
 *
 * @param of - which are counted
 */
export function titleBadge(topic: Counted, of: "unseen" | "unread" = "unseen"): () => void {
  const badge = { topic, count: () => topic.current.state?.counts[of] ?? 0 };
  badges.add(badge);
  const stop = topic.subscribe(show);
  show();
  return () => {
    stop();
    badges.delete(badge);
    show();
  };
}

function show(): void {
  const counts = new Map<Counted, number>();
  for (const { topic, count } of badges) counts.set(topic, Math.max(count(), counts.get(topic) ?? 0));
  const sum = [...counts.values()].reduce((all, count) => all + count, 0);
  const { title } = document;
  const bare = prefix !== "" && title.startsWith(prefix) ? title.slice(prefix.length) : title;
  prefix = sum > 0 ? `(${sum}) ` : "";
  if (title !== prefix + bare) document.title = prefix + bare;
  watch(sum > 0);
}

/** A title that the page sets gets its number, too. */
function watch(wanted: boolean): void {
  if (wanted && !watching) {
    watching = new MutationObserver(() => {
      if (!document.title.startsWith(prefix)) show();
    });
    watching.observe(document.head, { childList: true, characterData: true, subtree: true });
  } else if (!wanted) {
    watching?.disconnect();
    watching = undefined;
  }
}
