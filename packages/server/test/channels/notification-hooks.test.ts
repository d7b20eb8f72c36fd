import type { ShoalError } from "@shoal/contract";
import { defineNotifications, type Notifications } from "@shoal/contract/notifications";
import { type DeliveryCall, type DeliveryHooks, serveNotifications } from "@shoal/server/notifications";
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";

const kinds = {
  mention: { data: z.object({ room: z.string() }), render: () => ({ title: "", body: "" }) },
  alarm: { data: z.object({ level: z.int() }), render: () => ({ title: "", body: "" }), category: "security" },
} as const;

const inbox = defineNotifications(kinds, { deliver: ["email", "sms"] });
const alone = defineNotifications(kinds);
const sms = async (): Promise<void> => {};

/** The hooks of an inbox, for code that is apart from where it is served. */
type HooksOf<I> = I extends Notifications<infer D, infer C, infer V> ? DeliveryHooks<D, C, V> : never;
type CallOf<I> = I extends Notifications<infer D, infer C, infer _> ? DeliveryCall<D, C> : never;

test("A hook's item is told apart by its kind, and its data goes with it", () => {
  serveNotifications(inbox, {
    deliver: {
      async email({ tenant, item, rendered, signal, ...call }) {
        expectTypeOf(call).toEqualTypeOf<{ id: string; userId: string }>();
        expectTypeOf(tenant).toEqualTypeOf<string | null>();
        expectTypeOf(rendered.title).toEqualTypeOf<string>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(item.kind).toEqualTypeOf<"mention" | "alarm">();
        if (item.kind !== "alarm") return;
        expectTypeOf(item.data).toEqualTypeOf<{ level: number }>();
        expectTypeOf(item.category).toEqualTypeOf<"security">();
      },
      sms,
    },
  });
  const email = ({ item }: CallOf<typeof inbox>) => expectTypeOf(item.kind).toEqualTypeOf<"mention" | "alarm">();
  const hooks: HooksOf<typeof inbox> = { email, sms };
  serveNotifications(inbox, { deliver: hooks });
});

test("Each name has a hook, and there are no others: neither for the compiler nor when it runs", () => {
  const refused = expect.objectContaining({ code: "BAD_REQUEST" } satisfies Partial<ShoalError>);
  // @ts-expect-error: the hook for sms is missing
  expect(() => serveNotifications(inbox, { deliver: { email: sms } })).toThrow(refused);
  // @ts-expect-error: all hooks are missing
  expect(() => serveNotifications(inbox, {})).toThrow(refused);
  // @ts-expect-error: so they are here
  expect(() => serveNotifications(inbox)).toThrow(refused);
  // @ts-expect-error: no such name was given
  serveNotifications(inbox, { deliver: { email: sms, sms, fax: sms } });
  serveNotifications(alone, {});
  serveNotifications(alone);
  // @ts-expect-error: no names were given
  serveNotifications(alone, { deliver: { email: sms } });
});
