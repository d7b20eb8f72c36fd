import {
  type AnyNotification,
  defineNotifications,
  type InboxTypes,
  maxDataLength,
  notificationWindow,
} from "@shoal/contract/notifications";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { seed } from "./support/seed.ts";

const text = z.object({ text: z.string() });
const render = ({ text }: { text: string }) => ({ title: "Hello", body: text, url: text, icon: text });
const inbox = defineNotifications({
  mention: { data: text, render, category: "talk" },
  alarm: { data: text, render, category: "security", critical: true },
  notice: { data: text, render, category: "talk", critical: true },
});

type State = InboxTypes["state"];
const apply = inbox.apply as unknown as {
  readonly [K in keyof InboxTypes["events"]]: (state: State, data: InboxTypes["events"][K]) => State;
};
const predict = inbox.optimistic as unknown as Record<
  string,
  (input: object, call: object) => { type: "marked" | "removed"; data: never }[]
>;
const empty = inbox.initial({ userId: "ann" }) as unknown as State;

const time = fc.option(fc.integer({ min: 1, max: 9 }), { nil: null });
const items = fc.uniqueArray(
  fc.record({
    order: fc.integer({ min: 1, max: 400 }),
    kind: fc.constantFrom("mention", "alarm"),
    seen: fc.boolean(),
    read: fc.boolean(),
  }),
  { selector: ({ order }) => order, maxLength: 2 * notificationWindow },
);

function toItem({
  order,
  kind,
  seen,
  read,
}: {
  order: number;
  kind: string;
  seen: boolean;
  read: boolean;
}): AnyNotification {
  return {
    id: `n${order}`,
    kind,
    category: kind === "mention" ? "talk" : "security",
    data: { text: `${order}` },
    actors: [],
    count: 1,
    link: null,
    source: null,
    order,
    at: order,
    seenAt: seen || read ? 1 : null,
    readAt: read ? 1 : null,
    archivedAt: null,
    expiresAt: null,
  };
}

/** The counts of these items, one by one. */
function countsOf(items: readonly AnyNotification[], archived = 0) {
  const sum = (some: readonly AnyNotification[]) => ({
    total: some.length,
    unread: some.filter(({ readAt }) => readAt === null).length,
    unseen: some.filter(({ seenAt }) => seenAt === null).length,
  });
  const of = (category: string) => sum(items.filter((item) => item.category === category));
  return { ...sum(items), archived, byCategory: { talk: of("talk"), security: of("security") } };
}

const stateOf = (items: readonly AnyNotification[]): State => ({
  ...empty,
  items: [...items].sort((a, b) => b.order - a.order),
  counts: countsOf(items),
});

describe("The state of an inbox", () => {
  test("is a window of the newest, in their order, and the counts that an event carries, whatever enters and leaves", () => {
    const play = fc.record({ items, entered: items, left: fc.array(fc.integer({ min: 1, max: 400 })), wakeAt: time });
    fc.assert(
      fc.property(play, ({ items, entered, left, wakeAt }) => {
        const before = stateOf(items.map(toItem).slice(0, notificationWindow));
        const counts = { ...countsOf(before.items), archived: 7 };
        const delta = { set: [], left: left.map((order) => `n${order}`), entered: entered.map(toItem), counts, wakeAt };
        const after = apply.removed(before, { ...delta, ids: [], key: null });
        const orders = after.items.map(({ order }) => order);
        expect(orders).toEqual(orders.toSorted((a, b) => b - a));
        expect(new Set(orders).size).toBe(orders.length);
        expect(orders.length).toBeLessThanOrEqual(notificationWindow);
        expect(after).toMatchObject({ counts, wakeAt, revision: before.revision + 1 });
        const stays = before.items.filter(({ order }) => !left.includes(order)).map(({ order }) => order);
        const all = [...new Set([...stays, ...entered.map(({ order }) => order)])].sort((a, b) => b - a);
        expect(orders).toEqual(all.slice(0, notificationWindow));
      }),
      seed,
    );
  });

  test("is never changed in place", () => {
    fc.assert(
      fc.property(items, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (items, orders) => {
        const before = stateOf(items.map(toItem).slice(0, notificationWindow));
        const copy = structuredClone(before);
        for (const command of ["markRead", "archive", "remove"]) {
          const events =
            predict[command]?.({ ids: orders.map((order) => `n${order}`) }, { state: before, now: 5 }) ?? [];
          for (const { type, data } of events) apply[type](before, data);
        }
        expect(before).toEqual(copy);
      }),
      seed,
    );
  });
});

describe("A prediction", () => {
  const commands = {
    markSeen: (item: AnyNotification) => ({ ...item, seenAt: item.seenAt ?? 5 }),
    markRead: (item: AnyNotification) => ({ ...item, seenAt: item.seenAt ?? 5, readAt: item.readAt ?? 5 }),
    markUnread: (item: AnyNotification) => ({ ...item, readAt: null }),
    archive: () => null,
    remove: () => null,
  };

  test.each(Object.entries(commands))(
    "of %s counts what the window then holds, where it holds all there is",
    (command, becomes) => {
      fc.assert(
        fc.property(items, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (given, orders) => {
          const before = stateOf(given.map(toItem).slice(0, notificationWindow));
          const ids = orders.map((order) => `n${order}`);
          const events = predict[command]?.({ ids }, { state: before, now: 5 }) ?? [];
          const after = events.reduce<State>((state, { type, data }) => apply[type](state, data), before);
          const left = before.items.flatMap((item) => (ids.includes(item.id) ? (becomes(item) ?? []) : item));
          expect(after.items).toEqual(left);
          const archived = command === "archive" ? before.items.length - left.length : 0;
          expect(after.counts).toEqual(countsOf(left, archived));
        }),
        seed,
      );
    },
  );

  test.each(["markSeen", "markAllRead"])(
    "of %s by filter leaves what is newer than what was shown, and what is of another category",
    (command) => {
      const state = stateOf(
        [1, 2, 3].map((order) => toItem({ order, kind: order === 1 ? "alarm" : "mention", seen: false, read: false })),
      );
      const marked = (input: object) => {
        const events = predict[command]?.(input, { state, now: 5 }) ?? [];
        const after = events.reduce<State>((before, { type, data }) => apply[type](before, data), state);
        return after.items.filter(({ seenAt }) => seenAt !== null).map(({ order }) => order);
      };
      expect(marked({ upTo: 2 })).toEqual([2, 1]);
      expect(marked({ upTo: 3, category: "talk" })).toEqual([3, 2]);
      expect(marked({ upTo: 0 })).toEqual([]);
    },
  );
});

describe("What an item says", () => {
  const item = (link: string | null, data = "/rooms/1") => ({
    kind: "mention",
    data: { text: data },
    actors: [],
    count: 1,
    link,
  });

  test.each([
    "https://example.com/x",
    "http://example.com",
    "/rooms/1",
    "rooms/1",
    "?a=b",
    "#top",
    "a:b".replace(":", "/"),
  ])("leads to %s", (address) => {
    expect(inbox.render(item(address)).url).toBe(address);
    expect(inbox.render(item(null, address))).toMatchObject({ url: address, icon: address, body: address });
  });

  test.each([
    "javascript:alert(1)",
    "JAVASCRIPT:x",
    " javascript:x",
    "java\tscript:x",
    "\u0000javascript:x",
    "data:text/html,x",
    "vbscript:x",
    "blob:x",
    "file:///x",
    "/\ud800",
  ])("leads nowhere by %j", (address) => {
    expect(inbox.render(item(null, address))).toMatchObject({ url: undefined, icon: undefined, body: address });
    expect(inbox.render(item(address)).url).toBeUndefined();
  });

  test("is the name of its kind where there is no such kind any more", () => {
    expect(inbox.render({ ...item(null), kind: "gone" })).toEqual({ title: "gone", body: "" });
    expect(inbox.render({ ...item(null), kind: "toString" })).toEqual({ title: "toString", body: "" });
  });
});

describe("The definition of an inbox", () => {
  test("has no names but plain ones, and at least one kind", () => {
    const refused = { code: "BAD_REQUEST" };
    for (const name of ["", "with space", "a-b", "1st", "é", "x".repeat(65), "a\u0000"]) {
      expect(() => defineNotifications({ [name]: { data: text, render } })).toThrow(expect.objectContaining(refused));
      expect(() => defineNotifications({ a: { data: text, render, category: name } })).toThrow(
        expect.objectContaining(refused),
      );
      expect(() => defineNotifications({ a: { data: text, render } }, { deliver: [name] })).toThrow(
        expect.objectContaining(refused),
      );
    }
    expect(() => defineNotifications({})).toThrow(expect.objectContaining(refused));
    expect(() => defineNotifications({ a: { data: text, render } }, { deliver: ["push"] })).toThrow(
      expect.objectContaining(refused),
    );
    for (const lifeMs of [0, -1, 1.5, Number.NaN]) {
      expect(() => defineNotifications({ a: { data: text, render, lifeMs } })).toThrow(
        expect.objectContaining(refused),
      );
    }
  });

  test("tells which categories nothing can switch off: those of critical kinds alone", () => {
    expect(inbox.categories).toEqual(["talk", "security"]);
    expect([inbox.isCritical("talk"), inbox.isCritical("security")]).toEqual([false, true]);
    expect(inbox.categoryOf("mention")).toBe("talk");
    expect(inbox.vias).toEqual(["inApp", "push"]);
  });

  test("refuses data that is too long, or no JSON", () => {
    const notify = inbox.commands.notify.input as unknown as z.ZodType;
    const send = (data: unknown) =>
      notify.safeParse({ content: { kind: "loose", data }, actor: null, link: null, source: null, key: null }).success;
    const loose = defineNotifications({ loose: { data: z.any(), render: () => ({ title: "", body: "" }) } });
    const parse = loose.commands.notify.input as unknown as z.ZodType;
    const parses = (data: unknown) =>
      parse.safeParse({ content: { kind: "loose", data }, actor: null, link: null, source: null, key: null }).success;
    expect([parses("x".repeat(maxDataLength - 2)), parses("x".repeat(maxDataLength - 1))]).toEqual([true, false]);
    expect([parses(1n), parses(undefined), parses(() => {})]).toEqual([false, false, false]);
    expect(send({})).toBe(false);
  });
});
