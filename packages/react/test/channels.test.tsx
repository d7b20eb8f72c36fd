import { useChannels } from "@shoal/react";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer } from "../../client/test/support/server.ts";
import { render, Use } from "./support/render.tsx";

type Views = ReturnType<typeof useChannels<NonNullable<(typeof counter)["~types"]>>>;

interface ListProps {
  readonly ids: readonly string[];
  readonly onRender?: (views: Views) => void;
}

function List({ ids, onRender }: ListProps) {
  const views = useChannels(
    counter,
    ids.map((counterId) => ({ counterId })),
  );
  onRender?.(views);
  return views.map(({ topic, status, state }) => `${topic.params.counterId}: ${status} ${state?.value}\n`);
}

describe("useChannels", () => {
  test("watches each topic of the list, in its order", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <List ids={["a", "b", "c"]} />);
    await page.shows("a: live 0\nb: live 0\nc: live 0\n");
    await ann.counter({ counterId: "b" }).send.add({ by: 3 });
    await page.shows("a: live 0\nb: live 3\nc: live 0\n");
    expect(ann.network.inputs("realtime.counter.watch")).toHaveLength(3);
  });

  test("follows the list, and goes on with those that stay in it", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    using page = render(ann, <List ids={["a", "b"]} />);
    await page.shows("a: live 0\nb: live 0\n");
    page.show(<List ids={["c", "b"]} />);
    await page.shows("c: live 0\nb: live 0\n");
    const asked = ann.network.inputs("realtime.counter.watch").map(({ counterId }) => counterId);
    expect(asked).toEqual(["a", "b", "c"]);
    page.show(<List ids={[]} />);
    await page.shows("");
  });

  test("gives the same object for a topic that has not changed, and the same list while none has", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const seen: Views[] = [];
    const list = (turn: number) => [turn, <List key="list" ids={["a", "b"]} onRender={(views) => seen.push(views)} />];
    using page = render(ann, list(0));
    await page.shows("0a: live 0\nb: live 0\n");
    const before = seen.at(-1);
    page.show(list(1));
    await page.shows("1a: live 0\nb: live 0\n");
    expect(seen.at(-1)).toBe(before);
    await ann.counter({ counterId: "b" }).send.add({ by: 1 });
    await page.shows("1a: live 0\nb: live 1\n");
    expect(seen.at(-1)?.[0]).toBe(before?.[0]);
    expect(seen.at(-1)?.[1]).not.toBe(before?.[1]);
  });

  test("renders only for what is selected", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    let renders = 0;
    const showLarge = () => {
      renders += 1;
      const views = useChannels(counter, [{ counterId: "a" }, { counterId: "b" }], {
        select: ({ value }) => value > 9,
      });
      return views.map(({ state }) => `${state} `);
    };
    using page = render(ann, [<Use key="large" hook={showLarge} />, <List key="list" ids={["a"]} />]);
    await page.shows("false false a: live 0\n");
    const before = renders;
    await ann.counter({ counterId: "a" }).send.add({ by: 5 });
    await page.shows("false false a: live 5\n");
    expect(renders).toBe(before);
    await ann.counter({ counterId: "a" }).send.add({ by: 5 });
    await page.shows("true false a: live 10\n");
  });

  test("watches more topics than the client remembers", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const ids = Array.from({ length: 150 }, (_, index) => `c${index}`);
    using page = render(ann, <List ids={ids} />);
    await page.shows(ids.map((id) => `${id}: live 0\n`).join(""));
    expect(ann.network.inputs("realtime.counter.watch")).toHaveLength(150);
  });
});
