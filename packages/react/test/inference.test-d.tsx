import type { Broadcast, Topic } from "@shoal/client";
import type { AnyTopicSnapshot, BroadcastFrame, Member, TopicSnapshot, TypesOf } from "@shoal/contract";
import { rooms } from "@shoal/contract/rooms";
import {
  type Countdown,
  ShoalHydration,
  shallow,
  type UseChannel,
  useBroadcast,
  useChannel,
  useChannels,
  useCountdown,
  usePresence,
  useServerTime,
  useSuspenseChannel,
} from "@shoal/react";
import { expectTypeOf } from "vitest";
import { poll } from "./support/poll.ts";

type Poll = TypesOf<typeof poll>;
type State = { votes: number };

export function Selecting() {
  const { state, status, send } = useChannel(poll, { pollId: "a" }, { select: ({ votes }) => votes > 3 });
  expectTypeOf(state).toEqualTypeOf<boolean | undefined>();
  if (status === "live") expectTypeOf(state).toEqualTypeOf<boolean>();
  if (status === "connecting") expectTypeOf(state).toEqualTypeOf<undefined>();
  expectTypeOf(send).toEqualTypeOf<Topic<Poll>["send"]>();
  useChannel(poll, { pollId: "a" }, { select: ({ votes }) => [votes], equal: shallow });
  useChannel(poll, { pollId: "a" }, { select: ({ votes }) => votes, equal: (a, b) => a - b === 0 });
  useChannel(poll, { pollId: "a" }, { select: (_state, topic) => expectTypeOf(topic.pending).toEqualTypeOf<number>() });
  // @ts-expect-error: what a component that selects does not read is left out
  useChannel(poll, { pollId: "a" }, { select: ({ votes }) => votes }).members;
  // @ts-expect-error: it compares what was selected
  useChannel(poll, { pollId: "a" }, { select: ({ votes }) => votes, equal: (a: string, b: string) => a === b });
  return null;
}

export function WithoutParams({ pollId }: { readonly pollId: string | null }) {
  const { status, state, send } = useChannel(poll, pollId === null ? null : { pollId });
  expectTypeOf(state).toEqualTypeOf<State | undefined>();
  if (status === "idle") expectTypeOf(send).toEqualTypeOf<undefined>();
  if (status === "live") expectTypeOf(state).toEqualTypeOf<State>();
  // @ts-expect-error: with null there is nobody to send to
  void send.vote();
  // Whoever always has params is not bothered with it.
  expectTypeOf(useChannel(poll, { pollId: "a" })).toEqualTypeOf<UseChannel<Poll>>();
  // @ts-expect-error: a field too many is a mistake, with null possible or not
  useChannel(poll, pollId === null ? null : { pollId, page: 1 });
  return null;
}

export function Several() {
  const all = useChannels(poll, [{ pollId: "a" }, { pollId: "b" }]);
  expectTypeOf(all).toEqualTypeOf<readonly UseChannel<Poll>[]>();
  const votes = useChannels(poll, [{ pollId: "a" }], { select: (state) => state.votes });
  expectTypeOf(votes[0]?.state).toEqualTypeOf<number | undefined>();
  // @ts-expect-error: each needs all params
  useChannels(poll, [{}]);
  return null;
}

export function Suspending() {
  const { state, status } = useSuspenseChannel(poll, { pollId: "a" });
  expectTypeOf(state).toEqualTypeOf<State>();
  expectTypeOf(status).toEqualTypeOf<"live" | "reconnecting" | "closed">();
  const selected = useSuspenseChannel(poll, { pollId: "a" }, { select: ({ votes }) => (votes > 3 ? votes : null) });
  expectTypeOf(selected.state).toEqualTypeOf<number | null>();
  // @ts-expect-error: it cannot wait for nothing
  useSuspenseChannel(poll, null);
  return null;
}

export function Present({ roomId }: { readonly roomId: string | null }) {
  const { members, set } = usePresence(rooms, { roomId: "lobby" }, { typing: true });
  expectTypeOf(members).toEqualTypeOf<readonly Member<{ typing: boolean }>[]>();
  expectTypeOf(set).toEqualTypeOf<(state: { typing: boolean }) => void>();
  // @ts-expect-error: the contract says what there is to show
  usePresence(rooms, { roomId: "lobby" }, { writing: true });
  // @ts-expect-error: a poll has no presence
  usePresence(poll, { pollId: "a" }, { typing: true });
  const none = usePresence(rooms, roomId === null ? null : { roomId });
  expectTypeOf(none.set).toEqualTypeOf<((state: { typing: boolean }) => void) | undefined>();
  return null;
}

export function Hearing({ roomId }: { readonly roomId: string | null }) {
  type Rooms = TypesOf<typeof rooms>;
  const broadcast = useBroadcast(rooms, { roomId: "lobby" }, (heard) => {
    expectTypeOf(heard).toEqualTypeOf<BroadcastFrame<Rooms["broadcasts"]>>();
    expectTypeOf(heard.data).toEqualTypeOf<{ messageId: string; emoji: string }>();
  });
  expectTypeOf(broadcast).toEqualTypeOf<Broadcast<Rooms>>();
  const { reaction } = useBroadcast(rooms, roomId === null ? null : { roomId }, () => {});
  expectTypeOf(reaction).toEqualTypeOf<Broadcast<Rooms>["reaction"] | undefined>();
  return null;
}

export function Rendered({ one, any }: { readonly one: TopicSnapshot<Poll>; readonly any: AnyTopicSnapshot }) {
  // @ts-expect-error: a state alone does not tell what it is of
  const wrong = <ShoalHydration snapshots={[{ votes: 3 }]} />;
  return [<ShoalHydration key="right" snapshots={[one, any]} />, wrong];
}

export function Timed() {
  expectTypeOf(useServerTime()).toEqualTypeOf<number | undefined>();
  expectTypeOf(useCountdown(null)).toEqualTypeOf<Countdown | undefined>();
  // @ts-expect-error: an instant is a number of milliseconds
  useCountdown(new Date());
  return null;
}
