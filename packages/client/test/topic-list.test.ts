import { describe, expect, test } from "vitest";
import { WatchedTopics } from "../src/topic-list.ts";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";

const watch = "realtime.counter.watch";
const paramsOf = (...ids: string[]) => ids.map((counterId) => ({ counterId }));

function doNothing(): void {}

describe("a list of topics", () => {
  test("is the states of its topics, in their order", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await ann.counter({ counterId: "b" }).send.add({ by: 2 });
    const list = ann.topics(counter, paramsOf("a", "b"));
    expect(list.current.map(({ status }) => status)).toEqual(["connecting", "connecting"]);
    const states = await until(list, (all) => all.every(({ status }) => status === "live"));
    expect(states.map(({ state }) => state?.value)).toEqual([0, 2]);
    expect(list.topics).toEqual([ann.counter({ counterId: "a" }), ann.counter({ counterId: "b" })]);
    expect(list.current).toEqual(list.topics.map(({ current }) => current));
  });

  test("keeps its reference, and that of each state, until it changes", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const list = ann.topics(counter, paramsOf("a", "b"));
    list.subscribe(doNothing);
    const before = await until(list, (all) => all.every(({ status }) => status === "live"));
    expect(list.current).toBe(before);
    await ann.counter({ counterId: "b" }).send.add({ by: 2 });
    const after = await until(list, ([, b]) => b?.state?.value === 2 && b.pending === 0);
    expect(after).not.toBe(before);
    expect(after[0]).toBe(before[0]);
  });

  test("asks for all of its topics in one turn, and for each once", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await ann.counter.query.double({ of: 1 });
    const list = ann.topics(counter, paramsOf(...Array.from({ length: 50 }, (_, n) => String(n)), "0"));
    list.subscribe(doNothing);
    await Promise.resolve();
    await Promise.resolve();
    await until(ann.network.asked, () => ann.network.inputs(watch).length > 0);
    expect(ann.network.inputs(watch)).toHaveLength(50);
    await until(list, (all) => all.length === 51 && all.every(({ status }) => status === "live"));
  });

  test("may become another one: what stays is not watched anew, and what goes is watched no more", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    const list = ann.topics(counter, paramsOf("a", "b"));
    list.subscribe(doNothing);
    await until(list, (all) => all.every(({ status }) => status === "live"));
    const [a, b] = list.topics;
    list.set(paramsOf("b", "c"));
    expect(list.topics[0]).toBe(b);
    expect(list.current[0]).toBe(b?.current);
    await until(list, (all) => all.every(({ status }) => status === "live"));
    await expect.poll(() => a?.current.status, { timeout: 4_000 }).toBe("reconnecting");
    expect(ann.network.inputs(watch).map(({ counterId }) => counterId)).toEqual(["a", "b", "c"]);
  });

  test("that becomes what it is stays as it is", () => {
    const ann = connect({ url: "/trpc" }, "ann");
    const list = ann.topics(counter, paramsOf("a", "b"));
    const { current, topics } = list;
    list.set(paramsOf("a", "b"));
    expect(list.current).toBe(current);
    expect(list.topics).toBe(topics);
  });

  test("is not watched while nobody listens", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann", { keepAlive: 0 });
    const list = ann.topics(counter, paramsOf("a"));
    const [first, second] = [list.subscribe(doNothing), list.subscribe(doNothing)];
    await until(list, ([a]) => a?.status === "live");
    first();
    first();
    list.set(paramsOf("a", "b"));
    await until(list, ([, b]) => b?.status === "live");
    second();
    await expect.poll(() => list.current[1]?.status, { timeout: 4_000 }).toBe("reconnecting");
  });

  test("tells its listeners once for all that changes in one turn", async () => {
    const topics = new Map([1, 2, 3].map((id) => [id, { current: 0, tell: doNothing }]));
    const list = new WatchedTopics(
      (params) => {
        const topic = topics.get((params as { id: number }).id);
        if (!topic) throw new Error("There is no such topic.");
        return Object.assign(topic, {
          subscribe: (listener: () => void) => {
            topic.tell = listener;
            return doNothing;
          },
        });
      },
      [{ id: 1 }, { id: 2 }, { id: 3 }],
    );
    const seen: unknown[] = [];
    list.subscribe(() => seen.push(list.current));
    await Promise.resolve();
    for (const topic of topics.values()) {
      topic.current += 1;
      topic.tell();
    }
    expect(list.current).toEqual([1, 1, 1]);
    await Promise.resolve();
    expect(seen).toEqual([[1, 1, 1]]);
  });
});
