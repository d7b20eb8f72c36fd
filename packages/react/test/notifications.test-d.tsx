import { createClient } from "@shoal/client";
import { defineNotifications } from "@shoal/contract/notifications";
import { useNotificationHistory } from "@shoal/react/notification-history";
import { useNotifications } from "@shoal/react/notifications";
import { expectTypeOf } from "vitest";
import * as z from "zod";

const inbox = defineNotifications(
  {
    mention: {
      data: z.object({ room: z.string() }),
      category: "talk",
      render: ({ room }) => ({ title: room, body: "" }),
    },
    outage: { data: z.object({ since: z.int() }), render: () => ({ title: "Outage", body: "" }) },
  },
  { deliver: ["email"] },
);

const client = createClient({ url: "/trpc", channels: [inbox] });
expectTypeOf(client.notifications({ userId: "ann" }).current.state?.counts.unread).toEqualTypeOf<number | undefined>();

export function Inbox() {
  const view = useNotifications(
    inbox,
    { userId: "ann" },
    {
      onArrive: (items) => items.map((item) => expectTypeOf(item.kind).toEqualTypeOf<"mention" | "outage">()),
      open: true,
      whenOpen: "read",
      titleBadge: "unseen",
    },
  );
  for (const item of view.items) {
    if (item.kind === "mention") expectTypeOf(item.data).toEqualTypeOf<{ room: string }>();
    else expectTypeOf(item.data).toEqualTypeOf<{ since: number }>();
    expectTypeOf(view.render(item).title).toEqualTypeOf<string>();
  }
  expectTypeOf(view.counts?.byCategory.talk?.unread).toEqualTypeOf<number | undefined>();
  void view.markAllRead({ category: "talk" });
  void view.setPreference("general", "email", false);
  void view.markRead(view.items);
  view.isOn("talk", "push");
  // @ts-expect-error: there is no such category
  void view.markAllRead({ category: "weather" });
  // @ts-expect-error: there is no such way
  view.isOn("talk", "sms");
  // @ts-expect-error: an inbox belongs to somebody
  useNotifications(inbox, {});
  return null;
}

export async function Outcomes() {
  const { markRead, undo, setPreference } = useNotifications(inbox, { userId: "ann" });
  const read = await markRead({ id: "a" });
  if (read.ok) void undo(read);
  else expectTypeOf(read.reason).toEqualTypeOf<"NOT_FOUND">();
  // @ts-expect-error: what was rejected did nothing that could be taken back
  if (!read.ok) void undo(read);
  const set = await setPreference("talk", "push", true);
  if (!set.ok) expectTypeOf(set.reason).toEqualTypeOf<"CRITICAL">();
}

export function History() {
  const { items } = useNotificationHistory(inbox, { userId: "ann" }, { category: "talk", unread: true, limit: 20 });
  if (items[0]?.kind === "outage") expectTypeOf(items[0].data.since).toEqualTypeOf<number>();
  // @ts-expect-error: the pages say where the next one begins
  useNotificationHistory(inbox, { userId: "ann" }, { cursor: 4 });
  return null;
}
