import { useNotificationHistory } from "@shoal/react/notification-history";
import { type UseNotificationsOptions, useNotifications } from "@shoal/react/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { describe, expect, test } from "vitest";
import { connectTo, inbox, startInboxServer } from "../../client/test/support/inbox-server.ts";
import { until } from "../../client/test/support/until.ts";
import { render } from "./support/render.tsx";

type View = ReturnType<typeof useInbox>;
type Options = Parameters<typeof useInbox>[0];

function useInbox(options?: UseNotificationsOptions<Data, Categories>) {
  return useNotifications(inbox, { userId: "ann" }, options);
}

type Data = { reply: { thread: string; text: string }; alarm: { text: string } };
type Categories = { reply: "talk"; alarm: unknown };

interface BellProps {
  readonly options?: Options;
  readonly onRender?: (view: View) => void;
}

function Bell({ options, onRender }: BellProps) {
  const view = useInbox(options);
  onRender?.(view);
  const { items, counts, render: say } = view;
  return `${counts?.unread ?? "-"}: ${items.map((item) => `${say(item).title}${item.readAt === null ? "*" : ""}`)}`;
}

describe("useNotifications", () => {
  test("shows items and counts as they are, and what is done at once", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    const views: View[] = [];
    using page = render(ann, <Bell onRender={(view) => views.push(view)} />);
    await page.shows("1: 1 in a*");
    await server.reply("ann", "b", "two");
    await page.shows("2: 1 in b*,1 in a*");
    const done = views.at(-1)?.markAllRead();
    await page.shows("0: 1 in b,1 in a");
    const outcome = await done;
    if (outcome?.ok) await views.at(-1)?.undo(outcome);
    await page.shows("2: 1 in b*,1 in a*");
    const [newest] = views.at(-1)?.items ?? [];
    if (newest) await views.at(-1)?.archive(newest);
    await page.shows("1: 1 in a*");
  });

  test("tells each arrival once, to the listener of the last render, although effects run twice", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "before");
    const told: string[] = [];
    const tells = (by: string): Options => ({
      onArrive: (items) => told.push(...items.map(({ data }) => `${by}: ${data.text}`)),
    });
    using page = render(ann, <Bell options={tells("first")} />);
    await page.shows("1: 1 in a*");
    await server.reply("ann", "b", "one");
    await page.shows("2: 1 in b*,1 in a*");
    page.show(<Bell options={tells("second")} />);
    await server.reply("ann", "c", "two");
    await page.shows("3: 1 in c*,1 in b*,1 in a*");
    expect(told).toEqual(["first: one", "second: two"]);
  });

  test("marks all as read once when the panel opens, and what arrives while it is open", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    using page = render(ann, <Bell options={{ open: false, whenOpen: "read" }} />);
    await page.shows("1: 1 in a*");
    page.show(<Bell options={{ open: true, whenOpen: "read" }} />);
    await page.shows("0: 1 in a");
    await server.reply("ann", "b", "two");
    await page.shows("0: 1 in b,1 in a");
    page.show(<Bell options={{ open: false, whenOpen: "read" }} />);
    await until(ann.inbox, ({ pending }) => pending === 0);
    await server.reply("ann", "c", "three");
    await page.shows("1: 1 in c*,1 in b,1 in a");
    expect(ann.network.inputs("realtime.notifications.markAllRead")).toHaveLength(1);
  });

  test("marks nothing when the panel opens unless it is told to", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    using page = render(ann, <Bell options={{ open: true }} />);
    await page.shows("1: 1 in a*");
    await server.reply("ann", "b", "two");
    await page.shows("2: 1 in b*,1 in a*");
    expect(ann.network.asked.current.map(({ path }) => path)).toEqual(["realtime.notifications.watch"]);
  });
});

type List = ReturnType<typeof useNotificationHistory<Data, Categories, "email">>;

interface HistoryProps {
  readonly archived?: boolean;
  readonly limit?: number;
  readonly onRender: (list: List) => void;
}

function History({ archived, limit = 20, onRender }: HistoryProps) {
  const list = useNotificationHistory(inbox, { userId: "ann" }, { archived, limit });
  onRender(list);
  const { items, hasOlder, loading } = list;
  const unread = items.filter(({ readAt }) => readAt === null).length;
  return `${items.length}, ${unread} unread${hasOlder ? ", more" : ""}${loading ? ", loading" : ""}`;
}

describe("useNotificationHistory", () => {
  test("goes back page by page behind what the state has, and reads again what was marked", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    for (let index = 0; index < 75; index += 1) await server.reply("ann", `t${index}`, String(index));
    const lists: List[] = [];
    const history = (archived = false) => (
      <QueryClientProvider client={queryClient}>
        <History key={String(archived)} archived={archived} onRender={(list) => lists.push(list)} />
      </QueryClientProvider>
    );
    const queryClient = new QueryClient();
    using page = render(ann, history());
    await page.shows("70, 70 unread, more");
    lists.at(-1)?.loadOlder();
    await page.shows("75, 75 unread");
    await server.reply("ann", "new", "new");
    await page.shows("76, 76 unread");
    await ann.inbox.send.markAllRead({ upTo: ann.inbox.current.state?.items[0]?.order ?? 0 });
    await page.shows("76, 0 unread");
    const oldest = lists.at(-1)?.items.at(-1);
    await ann.inbox.send.archive({ ids: [oldest?.id ?? ""] });
    await page.shows("75, 0 unread");
    page.show(history(true));
    await page.shows("1, 0 unread");
    expect(lists.at(-1)?.items[0]?.id).toBe(oldest?.id);
    queryClient.clear();
  });

  test("tells that what is older could not be read, and tries again", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    for (let index = 0; index < 51; index += 1) await server.reply("ann", `t${index}`, String(index));
    const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    const lists: List[] = [];
    const history = (limit: number) => (
      <QueryClientProvider client={queryClient}>
        <History limit={limit} onRender={(list) => lists.push(list)} />
      </QueryClientProvider>
    );
    using page = render(ann, history(1_000));
    await page.shows("50, 50 unread, more");
    expect(lists.at(-1)?.error?.code).toBe("BAD_REQUEST");
    lists.at(-1)?.loadOlder();
    await expect.poll(() => ann.network.inputs("realtime.notifications.list").length).toBe(2);
    page.show(history(20));
    await page.shows("51, 51 unread");
    queryClient.clear();
  });

  test("asks nothing where the state has it all, and shows what arrives", async () => {
    await using server = await startInboxServer();
    await using ann = connectTo(server, "ann");
    await server.reply("ann", "a", "one");
    const queryClient = new QueryClient();
    using page = render(
      ann,
      <QueryClientProvider client={queryClient}>
        <History onRender={() => {}} />
      </QueryClientProvider>,
    );
    await page.shows("1, 1 unread");
    await server.reply("ann", "b", "two");
    await page.shows("2, 2 unread");
    expect(ann.network.inputs("realtime.notifications.list")).toHaveLength(0);
    queryClient.clear();
  });
});
