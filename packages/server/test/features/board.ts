import { type Channel, defineChannel, type TaggedEvent, type TypesOf } from "@shoal/contract";
import { type ServedChannel, type ServeOptions, serveChannel } from "@shoal/server";
import * as fc from "fast-check";
import * as z from "zod";
import { tries } from "../support/seed.ts";

/** A board with cards: small, and with something to get wrong in each place. */
const definition = defineChannel(
  "board",
  {
    params: z.object({}),
    state: z.object({
      title: z.string(),
      cards: z.record(z.string(), z.object({ x: z.int(), y: z.int() })),
      notes: z.array(z.string()),
      changes: z.int(),
    }),
    events: {
      renamed: z.object({ title: z.string() }),
      moved: z.object({ card: z.string(), x: z.int(), y: z.int() }),
      noted: z.object({ text: z.string() }),
    },
  },
  {
    initial: () => ({ title: "", cards: {}, notes: [], changes: 0 }),
    apply: {
      renamed: (state, { title }) => ({ ...state, title }),
      moved: (state, { card, x, y }) => ({ ...state, cards: { ...state.cards, [card]: { x, y } } }),
      noted: (state, { text }) => ({ ...state, notes: [...state.notes, text] }),
    },
  },
);

export interface Board extends TypesOf<typeof definition> {}
export const board: Channel<Board> = definition;
export type Apply = Channel<Board>["apply"];

const card = fc.constantFrom("a", "b");
const boardEvents = fc.oneof(
  fc.record({ type: fc.constant("renamed"), data: fc.record({ title: fc.string() }) }),
  fc.record({ type: fc.constant("moved"), data: fc.record({ card, x: fc.nat(9), y: fc.nat(9) }) }),
  fc.record({ type: fc.constant("noted"), data: fc.record({ text: fc.string() }) }),
) as fc.Arbitrary<TaggedEvent<Board["events"]>>;

export const options = { params: {}, events: boardEvents, run: tries(100) };

export const withApply = (apply: Partial<Apply>): Channel<Board> => ({ ...board, apply: { ...board.apply, ...apply } });

export type Conflate = NonNullable<ServeOptions<Board, null, object>["conflate"]>;
export type Merge = NonNullable<ServeOptions<Board, null, object>["merge"]>;
export type BoardView = NonNullable<ServeOptions<Board, null, object>["view"]>;

export const serve = (
  parts: { view?: BoardView; conflate?: Conflate; merge?: Merge },
  channel = board,
): ServedChannel<Board, null, object> =>
  serveChannel<Board, null, object, {}, never, "staff" | "public">(channel, {
    ...(parts.view && { audiences: ["staff", "public"] as const, audience: () => "public" as const }),
    ...(parts as object),
  });

/** What the check says; empty when it finds nothing. */
export function said(check: () => void): string {
  try {
    check();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

export const byCard: Conflate = (event) => {
  if (event.type === "moved") return `moved:${event.data.card}`;
  return event.type === "renamed" ? "renamed" : null;
};

export const withoutNotes: BoardView = {
  state: (state, audience) => (audience === "staff" ? state : { ...state, notes: [] }),
  event: (event, audience) => (audience === "public" && event.type === "noted" ? null : event),
};
