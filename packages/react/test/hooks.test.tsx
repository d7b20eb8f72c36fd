import type { TypesOf } from "@shoal/contract";
import { type UseChannel, useChannel, useConnection, useQueue } from "@shoal/react";
import { type RoomReaction, type UseRoom, useRoom } from "@shoal/react/rooms";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { goOffline } from "../../client/test/support/go-offline.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { render } from "./support/render.tsx";

const counterWatch = "realtime.counter.watch";
const roomWatch = "realtime.rooms.watch";

type CounterChannel = UseChannel<TypesOf<typeof counter>>;

interface ValueProps {
  readonly id: string;
  /** Told of each render. */
  readonly onRender?: (channel: CounterChannel) => void;
}

function Value({ id, onRender }: ValueProps) {
  const channel = useChannel(counter, { counterId: id });
  onRender?.(channel);
  return `${id}: ${channel.status} ${channel.state?.value ?? "-"}\n`;
}

function Light() {
  return useConnection().status;
}

function Waiting() {
  return `${useQueue().queued} waiting\n`;
}

interface RoomProps {
  readonly onRender?: (room: UseRoom) => void;
  readonly onReaction?: (reaction: RoomReaction) => void;
}

function Room({ onRender, onReaction }: RoomProps) {
  const room = useRoom({ roomId: "lobby" }, { onReaction });
  onRender?.(room);
  const members = [...room.members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const typists = members.filter(({ clients }) => clients.some(({ state }) => state.typing));
  const texts = room.state?.entries.map((entry) => (entry.kind === "message" ? entry.text : entry.kind));
  return `${members.map(({ id }) => id)} | ${typists.map(({ id }) => id)} | ${texts}`;
}

describe("useChannel", () => {
  test("shows a topic as it comes, changes and is changed", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const statuses = new Set<string>();
    using page = render(ann, <Value id="home" onRender={({ status }) => statuses.add(status)} />);
    await page.shows("home: live 0\n");
    expect([...statuses]).toEqual(["connecting", "live"]);
    await ann.counter({ counterId: "home" }).send.add({ by: 3 });
    await page.shows("home: live 3\n");
  });

  test("makes one watch for all components that use a topic, also when each render has new params", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const twice = (turn: number) => [turn, <Value key="a" id="home" />, <Value key="b" id="home" />];
    using page = render(ann, twice(0));
    await page.shows("0home: live 0\nhome: live 0\n");
    page.show(twice(1));
    await page.shows("1home: live 0\nhome: live 0\n");
    expect(ann.network.inputs(counterWatch)).toHaveLength(1);
  });

  test("goes over to another topic when its params change", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await ann.counter({ counterId: "work" }).send.add({ by: 7 });
    using page = render(ann, <Value id="home" />);
    await page.shows("home: live 0\n");
    page.show(<Value id="work" />);
    await page.shows("work: live 7\n");
  });

  test("gives the same object until something has changed", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const seen: CounterChannel[] = [];
    const value = (turn: number) => [turn, <Value key="a" id="home" onRender={(channel) => seen.push(channel)} />];
    using page = render(ann, value(0));
    await page.shows("0home: live 0\n");
    const before = seen.at(-1);
    page.show(value(1));
    await page.shows("1home: live 0\n");
    expect(seen.at(-1)).toBe(before);
  });

  test("stops watching when the last component is gone, and starts again where it was", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    using page = render(ann, <Value id="home" />);
    await page.shows("home: live 0\n");
    page.show(null);
    await expect.poll(() => ann.counter({ counterId: "home" }).current.status, { timeout: 4_000 }).toBe("reconnecting");
    await ann.counter({ counterId: "home" }).send.add({ by: 2 });
    page.show(<Value id="home" />);
    await page.shows("home: live 2\n");
    expect(ann.network.frames.current).toContain("resumed");
  });
});

describe("useConnection", () => {
  test("shows the connection that all topics share", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <Light />);
    await page.shows("idle");
    await ann.counter.query.double({ of: 1 });
    await page.shows("open");
    ann.network.online = false;
    server.cut();
    await page.shows("reconnecting");
  });
});

describe("useQueue", () => {
  test("counts the commands that wait, until they are sent", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, [<Waiting key="waiting" />, <Value key="value" id="home" />]);
    await page.shows("0 waiting\nhome: live 0\n");
    await goOffline(ann, server);
    const sent = [1, 2, 3].map((by) => ann.counter({ counterId: "home" }).send.add({ by }));
    await page.shows("3 waiting\nhome: reconnecting 6\n");
    ann.network.online = true;
    await Promise.all(sent);
    await page.shows("0 waiting\nhome: live 6\n");
  });
});

describe("useRoom", () => {
  test("is a member while it is mounted, with one watch although effects run twice", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    await using bob = connect(server, "bob");
    const seen = bob.rooms({ roomId: "lobby" });
    seen.subscribe(() => {});
    using page = render(ann, <Room />);
    await page.shows("ann |  | ");
    expect(seen.current.members).toMatchObject([{ id: "ann", clients: [{ state: { typing: false } }] }]);
    expect(ann.network.inputs(roomWatch)).toMatchObject([{ roomId: "lobby", presence: { typing: false } }]);
    page.show(null);
    await until(seen, ({ members }) => members.length === 0);
  });

  test("stays a member while one of two components is left", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, [<Room key="a" />, <Room key="b" />]);
    await page.shows("ann |  | ann |  | ");
    page.show(<Room key="b" />);
    await page.shows("ann |  | ");
    await ann.rooms({ roomId: "lobby" }).send.post({ text: "still here" });
    await page.shows("ann |  | still here");
    expect(ann.network.inputs(roomWatch)).toHaveLength(1);
  });

  test("shows who is typing until the message is sent", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const rooms: UseRoom[] = [];
    using mine = render(ann, <Room onRender={(room) => rooms.push(room)} />);
    using theirs = render(bob, <Room />);
    await theirs.shows("ann,bob |  | ");
    rooms.at(-1)?.keystroke();
    await theirs.shows("ann,bob | ann | ");
    rooms.at(-1)?.stop();
    await rooms.at(-1)?.send.post({ text: "hello" });
    await theirs.shows("ann,bob |  | hello");
    await mine.shows("ann,bob |  | hello");
  });

  test("hands reactions to the listener of the last render, until it is unmounted", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const told: string[] = [];
    const tells = (by: string) => (reaction: RoomReaction) =>
      told.push(`${by}: ${reaction.emoji} on ${reaction.messageId} from ${reaction.from?.id}`);
    using page = render(ann, <Room onReaction={tells("first")} />);
    await page.shows("ann |  | ");
    const { broadcast, send } = bob.rooms({ roomId: "lobby" });
    await broadcast.reaction({ messageId: "m1", emoji: "🐟" });
    await send.post({ text: "one" });
    await page.shows("ann |  | one");
    page.show(<Room onReaction={tells("second")} />);
    await broadcast.reaction({ messageId: "m2", emoji: "🔥" });
    await send.post({ text: "two" });
    await page.shows("ann |  | one,two");
    expect(told).toEqual(["first: 🐟 on m1 from bob", "second: 🔥 on m2 from bob"]);
    page.show(<Room />);
    await broadcast.reaction({ messageId: "m3", emoji: "🔥" });
    await send.post({ text: "three" });
    await page.shows("ann |  | one,two,three");
    expect(told).toHaveLength(2);
  });
});
