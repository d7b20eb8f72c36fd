import * as z from "zod/mini";
import type { Channel } from "../channel.ts";
import { ShoalError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Flat } from "../outcome.ts";
import { describeIssues, type Schema } from "../schema.ts";
import { type InboxTypes, inboxChannel } from "./notification-channel.ts";
import type { AllCounts, AnyNotification, NotificationCounts } from "./notification-item.ts";
import {
  type BuiltInVia,
  builtInVias,
  generalCategory,
  type KindDefinition,
  maxDataLength,
  type Rendered,
} from "./notification-kinds.ts";
import { linkOf } from "./notification-link.ts";

export { type InboxTypes, maxMuted, notificationListLimits } from "./notification-channel.ts";
export type {
  AllCounts,
  AnyNotification,
  Delta,
  NotificationCounts,
  NotificationMark,
  Which,
} from "./notification-item.ts";
export { type KindDefinition, maxDataLength, type RenderContext, type Rendered } from "./notification-kinds.ts";
export { concerns, countsAfter, markedItem, notificationWindow, windowAfter } from "./notification-window.ts";

/** The category of each kind. */
type CategoryOf<C, N> = N extends keyof C
  ? C[N] extends string
    ? string extends C[N]
      ? "general"
      : C[N]
    : "general"
  : "general";

/** An item of an inbox, told apart by its `kind`, which tells what is in `data`. */
export type NotificationOf<D, C = {}> = {
  [N in keyof D]: Flat<
    Omit<AnyNotification, "kind" | "category" | "data"> & {
      readonly kind: N;
      readonly category: CategoryOf<C, N>;
      readonly data: D[N];
    }
  >;
}[keyof D];

/** The types of an inbox: `D` is the data of each kind, `C` the category of each, `V` the names of the delivery hooks. */
export interface NotificationTypes<D, C, V extends string> {
  name: "notifications";
  version: 1;
  params: { userId: string };
  state: Omit<InboxTypes["state"], "items" | "counts" | "off"> & {
    items: NotificationOf<D, C>[];
    counts: Omit<AllCounts, "byCategory"> & {
      /** One that a newer contract brought may be missing until something of it arrives. */
      byCategory: { [K in CategoryOf<C, keyof D>]?: NotificationCounts };
    };
    off: { category: CategoryOf<C, keyof D>; via: BuiltInVia | V }[];
  };
  events: InboxTypes["events"];
  commands: Omit<InboxTypes["commands"], "markSeen" | "markAllRead" | "archiveRead" | "setPreference"> & {
    markSeen: Seen<InboxTypes["commands"]["markSeen"], CategoryOf<C, keyof D>>;
    markAllRead: WithCategory<InboxTypes["commands"]["markAllRead"], CategoryOf<C, keyof D>>;
    archiveRead: WithCategory<InboxTypes["commands"]["archiveRead"], CategoryOf<C, keyof D>>;
    setPreference: Preference<InboxTypes["commands"]["setPreference"], CategoryOf<C, keyof D>, BuiltInVia | V>;
  };
  queries: {
    list: {
      send: Filter<InboxTypes["queries"]["list"]["send"], CategoryOf<C, keyof D>, keyof D>;
      input: InboxTypes["queries"]["list"]["input"];
      output: { items: NotificationOf<D, C>[]; nextCursor: number | null };
    };
  };
  presence: never;
  broadcasts: {};
}

type Sent<T, S> = { [K in keyof T]: K extends "send" ? S : T[K] };
type Those<C> = { upTo: number; category?: C | undefined };
type Seen<T, C> = Sent<T, { ids: string[] } | Those<C>>;
type WithCategory<T, C> = Sent<T, Those<C>>;
type Preference<T, C, V> = Sent<T, { category: C; via: V; on: boolean }>;
type Filter<T, C, N> = Omit<T, "category" | "kind"> & { category?: C | undefined; kind?: N | undefined };

/** An inbox: the channel, and what its kinds are. Made by {@link defineNotifications}. */
export interface Notifications<D, C, V extends string> extends Channel<NotificationTypes<D, C, V>> {
  readonly kinds: { readonly [N in keyof D]: KindDefinition<D[N]> };
  readonly categories: readonly CategoryOf<C, keyof D>[];
  /** The delivery channels that a user can switch on and off. */
  readonly vias: readonly (BuiltInVia | V)[];
  /** The category of a kind. */
  categoryOf(kind: keyof D): CategoryOf<C, keyof D>;
  /** Whether nothing of a category can be switched off: all its kinds are critical. */
  isCritical(category: CategoryOf<C, keyof D>): boolean;
  /** What an item says. Its addresses are http, https or relative ones, or left out. */
  render(item: Pick<AnyNotification, "kind" | "data" | "actors" | "count" | "link">): Rendered;
}

/** An inbox of any kinds, for code that serves them all. */
// biome-ignore lint/suspicious/noExplicitAny: an inbox is both consumer and producer of its kinds' data
export type AnyNotifications = Notifications<any, any, any>;

export interface NotificationsOptions<V extends string> {
  /**
   * The names of the application's own delivery hooks, such as `email` and `sms`.
   * @default none
   */
  readonly deliver?: readonly V[];
}

/**
 * Defines what people are notified of. The result is a channel, the inbox of each user, shared by server and browsers.
 *
 * @throws {ShoalError} `BAD_REQUEST` when there is no kind, a name is not made of letters, digits and underscores, two delivery channels
 * have one name, or a `lifeMs` is no whole number of milliseconds
 *
 * @example
 * ```ts
 * export const inbox = defineNotifications({
 *   mention: {
 *     data: z.object({ room: z.string(), text: z.string() }),
 *     render: ({ room, text }, { actors }) => ({ title: `${actors[0]?.name ?? "Somebody"} in ${room}`, body: text, url: `/rooms/${room}` }),
 *   },
 * });
 * ```
 */
export function defineNotifications<D, const C = {}, const V extends string = never>(
  kinds: { readonly [N in keyof D]: KindDefinition<D[N]> } & {
    readonly [N in keyof C]: { readonly category?: C[N] & string };
  },
  { deliver = [] }: NotificationsOptions<V> = {},
): Notifications<D, C, V> {
  const all = new Map(Object.entries(kinds as Record<string, KindDefinition<never>>));
  const categoryOf = (kind: string) => all.get(kind)?.category ?? generalCategory;
  const categories = [...new Set([...all.keys()].map(categoryOf))];
  const vias = [...builtInVias, ...deliver];
  checkNames([...all.keys(), ...categories, ...vias]);
  if (all.size === 0) throw new ShoalError("BAD_REQUEST", "An inbox needs a kind of notification. Define one.");
  if (new Set(vias).size < vias.length) {
    throw new ShoalError(
      "BAD_REQUEST",
      `A delivery channel has a name of its own, and ${builtInVias.join(" and ")} are taken.`,
    );
  }
  for (const [kind, { lifeMs = 1 }] of all) {
    if (Number.isSafeInteger(lifeMs) && lifeMs > 0) continue;
    throw new ShoalError("BAD_REQUEST", `\`lifeMs\` of "${kind}" is a whole number of milliseconds, at least 1.`);
  }
  const channel = inboxChannel({ categories, vias, content: contentOf(all) });
  return Object.assign(channel, {
    kinds,
    categories,
    vias,
    categoryOf,
    isCritical: (category: string) =>
      [...all].every(([kind, { critical }]) => categoryOf(kind) !== category || critical),
    render: (item: AnyNotification) => renderWith(all, item),
  }) as never;
}

const namePattern = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

function checkNames(names: readonly string[]): void {
  const wrong = names.find((name) => !namePattern.test(name));
  if (wrong === undefined) return;
  const message = `"${wrong}" is no name for a kind, a category or a delivery channel: a letter first, then letters, digits and underscores, at most 64.`;
  throw new ShoalError("BAD_REQUEST", message);
}

/** A kind and the data that goes with it, as the kind's own schema makes it. */
function contentOf(kinds: ReadonlyMap<string, KindDefinition<never>>) {
  const content = z.object({ kind: z.string(), data: z.custom<Json>() });
  return z.pipe(
    content,
    z.transform(({ kind, data }, { issues }) => {
      const schema: Schema<unknown> | undefined = kinds.get(kind)?.data;
      const result = schema?.["~standard"].validate(data) ?? { issues: [{ message: `there is no kind "${kind}"` }] };
      const refuse = (message: string) => issues.push({ code: "custom", message, input: data });
      if (result instanceof Promise) refuse(`the schema of "${kind}" is asynchronous`);
      else if (result.issues) refuse(describeIssues(result.issues));
      else if (lengthOf(result.value) > maxDataLength)
        refuse(`data is plain JSON, of at most ${maxDataLength} characters`);
      else return { kind, data: result.value as Json };
      return { kind, data };
    }),
  );
}

/** How long it is as JSON; infinite for what is none. */
function lengthOf(data: unknown): number {
  try {
    return JSON.stringify(data)?.length ?? Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function renderWith(
  kinds: ReadonlyMap<string, KindDefinition<never>>,
  { kind, data, actors, count, link }: AnyNotification,
): Rendered {
  const rendered = kinds.get(kind)?.render(data as never, { actors, count });
  if (!rendered) return { title: kind, body: "" };
  const { title, body, icon, url } = rendered;
  return { title, body, icon: linkOf(icon), url: linkOf(link ?? url) };
}
