import { defineNotifications } from "@shoal/contract/notifications";
import { expectTypeOf, test } from "vitest";
import * as z from "zod";

const inbox = defineNotifications(
  {
    mention: {
      data: z.object({ room: z.string(), text: z.string() }),
      render: ({ room, text }, { actors }) => ({ title: `${actors[0]?.name} in ${room}`, body: text }),
      category: "talk",
    },
    outage: {
      data: z.object({ since: z.int() }),
      render: ({ since }) => ({ title: "Outage", body: `since ${since}` }),
      critical: true,
    },
  },
  { deliver: ["email"] },
);

type Types = NonNullable<(typeof inbox)["~types"]>;
type Item = Types["state"]["items"][number];

test("An item is told apart by its kind, which tells what is in its data", () => {
  const show = (item: Item) => {
    if (item.kind === "outage") return expectTypeOf(item.data).toEqualTypeOf<{ since: number }>();
    expectTypeOf(item.kind).toEqualTypeOf<"mention">();
    expectTypeOf(item.category).toEqualTypeOf<"talk">();
    return expectTypeOf(item.data).toEqualTypeOf<{ room: string; text: string }>();
  };
  expectTypeOf(show).toBeFunction();
});

test("Categories and delivery channels are those that are defined", () => {
  expectTypeOf(inbox.categories).toEqualTypeOf<readonly ("talk" | "general")[]>();
  expectTypeOf(inbox.vias).toEqualTypeOf<readonly ("inApp" | "push" | "email")[]>();
  expectTypeOf<Types["state"]["counts"]["byCategory"]>().toEqualTypeOf<{
    talk?: { total: number; unread: number; unseen: number };
    general?: { total: number; unread: number; unseen: number };
  }>();
  expectTypeOf<Types["commands"]["setPreference"]["send"]>().toEqualTypeOf<{
    category: "talk" | "general";
    via: "inApp" | "push" | "email";
    on: boolean;
  }>();
});

test("Data that is no plain JSON is no data", () => {
  // @ts-expect-error a Date is no plain JSON
  defineNotifications({ late: { data: z.object({ at: z.date() }), render: () => ({ title: "", body: "" }) } });
});
