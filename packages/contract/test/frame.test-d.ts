import { defineChannel, type Frame, type Member, type SnapshotReason, type TypesOf } from "@shoal/contract";
import type { RoomDirectory } from "@shoal/contract/room-directory";
import { expectTypeOf } from "vitest";
import * as z from "zod";

const counter = defineChannel(
  "counter",
  {
    params: z.object({ counterId: z.string() }),
    state: z.object({ value: z.int() }),
    events: { added: z.object({ by: z.int() }), cleared: z.object({}) },
    presence: z.object({ typing: z.boolean() }),
    broadcasts: { cheer: z.object({ emoji: z.string() }), wave: z.object({}) },
  },
  {
    initial: () => ({ value: 0 }),
    apply: { added: (state, { by }) => ({ value: state.value + by }), cleared: () => ({ value: 0 }) },
  },
);

interface Counter extends TypesOf<typeof counter> {}

declare const frame: Frame<Counter>;

// A frame is told by its kind, and each kind has its own fields and no other's.
expectTypeOf(frame.kind).toEqualTypeOf<"snapshot" | "resumed" | "events" | "presence" | "broadcast">();
// @ts-expect-error: not every frame has a state
frame.state;
switch (frame.kind) {
  case "snapshot":
    expectTypeOf(frame.state).toEqualTypeOf<{ value: number }>();
    expectTypeOf(frame.reason).toEqualTypeOf<SnapshotReason>();
    expectTypeOf(frame.offset).toEqualTypeOf<number>();
    break;
  case "resumed":
    expectTypeOf(frame.replayed).toEqualTypeOf<number>();
    break;
  case "events":
    expectTypeOf(frame.from).toEqualTypeOf<number>();
    expectTypeOf(frame.to).toEqualTypeOf<number>();
    break;
  case "presence":
    expectTypeOf(frame.full).toEqualTypeOf<readonly Member<{ typing: boolean }>[] | undefined>();
    expectTypeOf(frame.left).toEqualTypeOf<readonly string[] | undefined>();
    break;
  case "broadcast":
    expectTypeOf(frame.name).toEqualTypeOf<"cheer" | "wave">();
    break;
  default:
    expectTypeOf(frame).toEqualTypeOf<never>();
}

// An event is told by its type, a broadcast by its name.
if (frame.kind === "events") {
  for (const event of frame.events) {
    expectTypeOf(event.commandId).toEqualTypeOf<string | undefined>();
    if (event.type === "added") expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
    else expectTypeOf(event.type).toEqualTypeOf<"cleared">();
    // @ts-expect-error: no such event
    if (event.type === "removed") throw new Error();
  }
}
if (frame.kind === "broadcast" && frame.name === "cheer") {
  expectTypeOf(frame.data).toEqualTypeOf<{ emoji: string }>();
  expectTypeOf(frame.from).toEqualTypeOf<{ readonly id: string; readonly name?: string } | null>();
}

// Every reason for a snapshot has to be met.
{
  const explain = (reason: SnapshotReason): string => {
    switch (reason) {
      case "initial":
      case "expired":
      case "epoch":
      case "ahead":
      case "audience":
      case "overflow":
        return reason;
    }
  };
  expectTypeOf(explain).returns.toEqualTypeOf<string>();
}

// A channel without broadcasts has no such frame.
expectTypeOf<Extract<Frame<RoomDirectory>, { kind: "broadcast" }>>().toEqualTypeOf<never>();
