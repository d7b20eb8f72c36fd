import { type AnyClient, createClient, type QueueState, type Topic, type TopicList } from "@shoal/client";
import {
  defineChannel,
  type Member,
  type ShoalError,
  type SnapshotReason,
  type TopicSnapshot,
  type TypesOf,
} from "@shoal/contract";
import { type Rooms, rooms } from "@shoal/contract/rooms";
import { expectTypeOf } from "vitest";
import * as z from "zod";
import { counter } from "./support/counter.ts";

const client = createClient({ url: "/trpc", channels: [counter, rooms] });
const topic = client.counter({ counterId: "home" });

// A client has its channels and nothing else, and fits wherever any client does.
expectTypeOf(client).toExtend<AnyClient>();
expectTypeOf(client.rooms({ roomId: "a" })).toEqualTypeOf<Topic<Rooms>>();
expectTypeOf(client.topic(rooms, { roomId: "a" })).toEqualTypeOf<Topic<Rooms>>();
// @ts-expect-error: there is no such channel
client.auctions({ lotId: "1" });

// Params are those of the channel.
client.counter({ counterId: "home", page: 2 });
// @ts-expect-error: a param is missing
client.counter({});
// @ts-expect-error: a param has another type
client.counter({ counterId: 7 });
// @ts-expect-error: there is no such param
client.counter({ counterId: "home", room: "a" });
// @ts-expect-error: these are another channel's params
client.topic(rooms, { counterId: "home" });

// The state is there once its status says so.
const { current } = topic;
expectTypeOf(current.state).toEqualTypeOf<{ value: number; history: number[] } | undefined>();
// @ts-expect-error: there may be no state yet
current.state.value;
switch (current.status) {
  case "connecting":
    expectTypeOf(current.state).toEqualTypeOf<undefined>();
    break;
  case "live":
    expectTypeOf(current.state.value).toEqualTypeOf<number>();
    expectTypeOf(current.offset).toEqualTypeOf<number>();
    break;
  case "reconnecting":
    expectTypeOf(current.error).toEqualTypeOf<ShoalError | undefined>();
    break;
  case "failed":
    expectTypeOf(current.error).toEqualTypeOf<ShoalError>();
    break;
  case "closed":
    break;
  default:
    expectTypeOf(current).toEqualTypeOf<never>();
}
expectTypeOf(current.stale).toEqualTypeOf<boolean>();
if (current.stale) {
  expectTypeOf(current.status).toEqualTypeOf<"reconnecting" | "failed" | "closed">();
}
expectTypeOf(current.members).toEqualTypeOf<readonly Member<{ typing: boolean }>[]>();

// Commands take their input and answer with their outcome.
const outcome = await topic.send.add({ by: 3 }, { commandId: "c", signal: undefined });
if (outcome.ok) {
  expectTypeOf(outcome.offset).toEqualTypeOf<number>();
} else {
  switch (outcome.reason) {
    case "TOO_LARGE":
      expectTypeOf(outcome.limit).toEqualTypeOf<number>();
      break;
    case "FROZEN":
      // @ts-expect-error: only the other reason has a limit
      outcome.limit;
      break;
    default:
      expectTypeOf(outcome).toEqualTypeOf<never>();
  }
}
expectTypeOf(await topic.send.addQuietly({ by: 1 })).toEqualTypeOf<{ readonly ok: true; readonly offset: number }>();
void topic.send.reset();
// @ts-expect-error: the input is missing
void topic.send.add();
// @ts-expect-error: a field has another type
void topic.send.add({ by: "3" });
// @ts-expect-error: there is no such command
void topic.send.remove({});
// @ts-expect-error: an internal command is for the server
void topic.send.clear;

// Queries.
expectTypeOf(await client.counter.query.double({ of: 2 })).toEqualTypeOf<{ result: number }>();
expectTypeOf((await client.rooms.query.history({ roomId: "a" })).nextCursor).toEqualTypeOf<number | null>();
// @ts-expect-error: the input has another type
void client.counter.query.double({ of: "2" });
// @ts-expect-error: a command is no query
void client.counter.query.add;

// Presence and broadcasts.
topic.presence.set({ typing: true });
expectTypeOf(topic.presence.join({ typing: false })).toEqualTypeOf<() => void>();
// @ts-expect-error: the state has another shape
topic.presence.set({ typing: "yes" });
void topic.broadcast.cheer({ emoji: "🎉" });
// @ts-expect-error: the message is missing
void topic.broadcast.cheer();
topic.onBroadcast(({ name, data, from }) => {
  expectTypeOf(name).toEqualTypeOf<"cheer">();
  expectTypeOf(data).toEqualTypeOf<{ emoji: string }>();
  expectTypeOf(from?.name).toEqualTypeOf<string | undefined>();
});
// @ts-expect-error: there is no such broadcast
void client.rooms({ roomId: "a" }).broadcast.cheer;

// Resets say why, and a state that came with the page is the channel's.
topic.setAudience("calm");
topic.setAudience(undefined);
// @ts-expect-error: an audience is named
topic.setAudience(1);
topic.onReset((reason) => expectTypeOf(reason).toEqualTypeOf<SnapshotReason>());
topic.hydrate({ state: { value: 3, history: [] }, offset: 1, position: "a:1:all" });
expectTypeOf<TopicSnapshot<TypesOf<typeof counter>>>().toExtend<Parameters<typeof topic.hydrate>[0]>();
// @ts-expect-error: the position is missing
topic.hydrate({ state: { value: 3, history: [] }, offset: 1 });

// Many topics are as many states, and as many topics.
const list = client.topics(counter, [{ counterId: "a" }, { counterId: "b", page: 2 }]);
expectTypeOf(list).toEqualTypeOf<TopicList<TypesOf<typeof counter>>>();
expectTypeOf(list.current[0]?.state?.value).toEqualTypeOf<number | undefined>();
expectTypeOf(list.topics[0]).toEqualTypeOf<Topic<TypesOf<typeof counter>> | undefined>();
list.set([{ counterId: "c" }]);
// @ts-expect-error: these are another channel's params
list.set([{ roomId: "a" }]);
// @ts-expect-error: the states are read, and changed by their topics alone
list.current[0] = current;

// What waits is counted.
expectTypeOf(client.queue.current).toEqualTypeOf<QueueState>();
expectTypeOf(client.queue.current.oldest).toEqualTypeOf<number | undefined>();
client.queue.discardHeld();
client.checkUser();

// A channel without presence has members with no state, and nothing can be set.
const plain = defineChannel(
  "plain",
  { params: z.object({}), state: z.object({}), events: {} },
  { initial: () => ({}), apply: {} },
);
const plainTopic = createClient({ url: "/trpc", channels: [plain] }).plain({});
// @ts-expect-error: the channel declares no presence
plainTopic.presence.set({ typing: true });
expectTypeOf(plainTopic.send).toEqualTypeOf<{}>();

// A removed event or a renamed command shows at its uses.
expectTypeOf(counter.events).toHaveProperty("added");
// @ts-expect-error: there is no such event
void counter.events.removed;

// Options.
createClient({ url: "/trpc", channels: [], token: () => null, user: () => null, keepAlive: undefined });
createClient({ url: "/trpc", channels: [], token: async () => "secret", user: () => ({ id: "ann" }) });
createClient({ url: "/trpc", channels: [], timeoutMs: 5_000, maxQueued: 10, maxQueuedMs: undefined });
createClient({ url: "/trpc", channels: [], WebSocket: globalThis.WebSocket });
createClient({ url: "/trpc", channels: [], WebSocket: class Switched extends WebSocket {} });
createClient({
  url: "/trpc",
  channels: [],
  transformer: { serialize: JSON.stringify, deserialize: (text: string) => text },
});
// @ts-expect-error: a class without a socket's methods
createClient({ url: "/trpc", channels: [], WebSocket: class {} });
// @ts-expect-error: a token is a text
createClient({ url: "/trpc", channels: [], token: () => 7 });
// @ts-expect-error: the channels are missing
createClient({ url: "/trpc" });
