import { createClient } from "@shoal/client";
import type { Member, ShoalError, TypesOf } from "@shoal/contract";
import { rooms } from "@shoal/contract/rooms";
import { ShoalProvider, type UseChannel, useChannel, useConnection } from "@shoal/react";
import { useRoom } from "@shoal/react/rooms";
import { createElement } from "react";
import { expectTypeOf } from "vitest";
import { poll } from "./support/poll.ts";

const client = createClient({ url: "/trpc", channels: [poll, rooms] });
createElement(ShoalProvider, { client });
// @ts-expect-error: a provider gives a client
createElement(ShoalProvider, {});

export function Poll() {
  const { state, status, offset, error, members, pending, send, topic } = useChannel(poll, { pollId: "a" });
  expectTypeOf(state).toEqualTypeOf<{ votes: number } | undefined>();
  if (status === "live") {
    expectTypeOf(state).toEqualTypeOf<{ votes: number }>();
    expectTypeOf(offset).toEqualTypeOf<number>();
  }
  if (status === "failed") expectTypeOf(error).toEqualTypeOf<ShoalError>();
  expectTypeOf(members).toEqualTypeOf<readonly Member<never>[]>();
  expectTypeOf(pending).toEqualTypeOf<number>();
  expectTypeOf(topic.params).toExtend<{ pollId: string }>();
  // @ts-expect-error: an internal command is for the server
  void send.close;
  // @ts-expect-error: a param is missing
  useChannel(poll, {});
  // @ts-expect-error: these are another channel's params
  useChannel(poll, { roomId: "a" });
  // @ts-expect-error: a contract is no name
  useChannel("poll", { pollId: "a" });
  return null;
}

export async function vote({ send }: UseChannel<TypesOf<typeof poll>>) {
  const outcome = await send.vote();
  if (!outcome.ok)
    expectTypeOf(outcome).toEqualTypeOf<{ readonly ok: false; readonly reason: "CLOSED"; readonly at: number }>();
}

export function Room() {
  const { state, members, keystroke, stop } = useRoom({ roomId: "lobby" });
  const entry = state?.entries[0];
  if (entry?.kind === "message") expectTypeOf(entry.text).toEqualTypeOf<string>();
  // @ts-expect-error: not every entry has a text
  entry?.text;
  expectTypeOf(members[0]?.clients[0]?.state).toEqualTypeOf<{ typing: boolean } | undefined>();
  expectTypeOf(keystroke).toEqualTypeOf<() => void>();
  expectTypeOf(stop).toEqualTypeOf<() => void>();
  expectTypeOf(useConnection().status).toEqualTypeOf<
    "idle" | "connecting" | "open" | "reconnecting" | "failed" | "closed"
  >();
  return null;
}
