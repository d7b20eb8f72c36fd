import { useBroadcast, useChannel, usePresence } from "@shoal/react";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";
import { render, Use } from "./support/render.tsx";

const home = { counterId: "home" };

interface PeopleProps {
  readonly typing?: boolean;
  readonly onRender?: () => void;
}

function People({ typing, onRender }: PeopleProps) {
  onRender?.();
  const { members } = usePresence(counter, home, typing === undefined ? undefined : { typing });
  const names = members.map(({ id, clients }) => (clients.some(({ state }) => state.typing) ? `${id} types` : id));
  return names.toSorted().join(", ");
}

describe("usePresence", () => {
  test("shows who is here, and is nobody itself without a state", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    using mine = render(ann, <People />);
    await until(ann.counter(home), ({ status }) => status === "live");
    using theirs = render(bob, <People typing={false} />);
    await mine.shows("bob");
    await theirs.shows("bob");
  });

  test("shows the state of the last render to the others, and leaves with the component", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    await using bob = connect(server, "bob");
    using theirs = render(bob, <People />);
    using mine = render(ann, <People typing={false} />);
    await theirs.shows("ann");
    mine.show(<People typing={true} />);
    await theirs.shows("ann types");
    mine.show(<People />);
    await theirs.shows("");
    mine.show(<People typing={true} />);
    await theirs.shows("ann types");
    mine.show(null);
    await theirs.shows("");
  });

  test("sends nothing again for a state that is the same by its values", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const people = (turn: number) => [turn, " ", <People key="people" typing={true} />];
    using page = render(ann, people(0));
    await page.shows("0 ann types");
    page.show(people(1));
    await page.shows("1 ann types");
    await ann.counter.query.double({ of: 1 });
    expect(ann.network.inputs("realtime.counter.presence")).toEqual([]);
    expect(ann.network.inputs("realtime.counter.watch")).toHaveLength(1);
  });

  test("does not render for events", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    let renders = 0;
    const showValue = () => useChannel(counter, home).state?.value;
    using page = render(ann, [
      <People key="a" typing={false} onRender={() => (renders += 1)} />,
      <Use key="b" hook={showValue} />,
    ]);
    await page.shows("ann0");
    const before = renders;
    await ann.counter(home).send.add({ by: 1 });
    await page.shows("ann1");
    expect(renders).toBe(before);
  });
});

describe("useBroadcast", () => {
  test("hears what is sent, by the listener of the last render, and renders nothing", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const heard: string[] = [];
    let cheer: ((data: { emoji: string }) => Promise<void>) | undefined;
    let renders = 0;
    const showCheers = (as: string) => {
      renders += 1;
      ({ cheer } = useBroadcast(counter, home, ({ data, from }) => heard.push(`${as}: ${data.emoji} ${from?.id}`)));
      return as;
    };
    using page = render(ann, <Use hook={showCheers} given="one" />);
    await until(ann.counter(home), ({ status }) => status === "live");
    const before = renders;
    await bob.counter(home).broadcast.cheer({ emoji: "🐟" });
    await expect.poll(() => heard, { timeout: 4_000 }).toEqual(["one: 🐟 bob"]);
    expect(renders).toBe(before);
    page.show(<Use hook={showCheers} given="two" />);
    await page.shows("two");
    await cheer?.({ emoji: "🎉" });
    await expect.poll(() => heard, { timeout: 4_000 }).toEqual(["one: 🐟 bob", "two: 🎉 ann"]);
  });

  test("hears nothing without params", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const showCheers = () => {
      const { cheer } = useBroadcast(counter, null, () => {});
      return `${cheer}`;
    };
    using page = render(ann, <Use hook={showCheers} />);
    await page.shows("undefined");
    expect(ann.connection.current.status).toBe("idle");
  });
});
