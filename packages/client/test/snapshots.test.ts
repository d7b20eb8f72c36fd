import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { startServer } from "./support/server.ts";
import { heard, until } from "./support/until.ts";

const watch = "realtime.counter.watch";
const home = { counterId: "home" };

function doNothing(): void {}

describe("a topic that a page brought with it", () => {
  test("shows that state at once, as stale, and goes live from its position without another load", async () => {
    await using server = await startServer();
    await using bob = connect(server, "bob");
    await bob.counter(home).send.add({ by: 3 });
    const snapshot = await server.snapshot("home");
    await bob.counter(home).send.add({ by: 4 });
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.hydrate(JSON.parse(JSON.stringify(snapshot)));
    expect(topic.current).toMatchObject({ status: "reconnecting", stale: true, state: { value: 3 }, offset: 1 });
    const live = await until(topic, ({ status }) => status === "live");
    expect(live).toMatchObject({ stale: false, state: { value: 7, history: [3, 4] }, offset: 2 });
    expect(ann.network.frames.current).not.toContain("snapshot");
    expect(ann.network.inputs(watch)).toMatchObject([{ lastEventId: snapshot.position }]);
  });

  test("shows predictions over it", async () => {
    const ann = connect({ url: "http://localhost:2/trpc" }, "ann");
    const topic = ann.counter(home);
    topic.hydrate({ state: { value: 3, history: [3] }, offset: 1, position: "x:1:all" });
    const sent = topic.send.add({ by: 4 });
    expect(topic.current).toMatchObject({ stale: true, state: { value: 7 }, pending: 1 });
    const refused = expect(sent).rejects.toMatchObject({ code: "CLOSED" });
    await ann.close();
    await refused;
  });

  test("keeps the state that it has already", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    const { state } = await until(topic, ({ status }) => status === "live");
    topic.hydrate({ state: { value: 3, history: [3] }, offset: 1, position: "x:1:all" });
    expect(topic.current).toMatchObject({ status: "live", offset: 0 });
    expect(topic.current.state).toBe(state);
  });

  test("is loaded when the server cannot read its position", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.hydrate({ state: { value: 3, history: [3] }, offset: 1, position: "of another version" });
    expect(await until(topic, ({ status }) => status === "live")).toMatchObject({ state: { value: 0 }, offset: 0 });
  });
});

describe("a topic whose state is replaced", () => {
  test("tells for which reason, with the new state in place", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await topic.send.add({ by: 3 });
    await until(topic, ({ offset }) => offset === 1);
    const states: unknown[] = [];
    const reset = heard(topic.onReset, () => states.push(topic.current.state) > 0);
    await server.erase("home");
    expect(await reset).toBe("epoch");
    expect(states).toEqual([{ value: 0, history: [] }]);
  });

  test("tells of what came while the connection was lost", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.subscribe(doNothing);
    await topic.send.add({ by: 3 });
    await until(topic, ({ offset }) => offset === 1);
    const reset = heard(topic.onReset, () => true);
    ann.network.online = false;
    server.cut();
    const { stale } = await until(topic, ({ status }) => status === "reconnecting");
    expect(stale).toBe(true);
    await server.erase("home");
    ann.network.online = true;
    expect(await reset).toBe("epoch");
  });

  test("tells of the snapshot that it had to ask for since a frame was missing", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    await using bob = connect(server, "bob");
    const topic = ann.counter(home);
    const reset = heard(topic.onReset, () => true);
    await until(topic, ({ status }) => status === "live");
    let lost = 0;
    ann.network.lose = ({ kind }) => kind === "events" && lost++ === 0;
    await bob.counter(home).send.add({ by: 1 });
    await bob.counter(home).send.add({ by: 2 });
    expect(await reset).toBe("initial");
    expect(topic.current).toMatchObject({ state: { value: 3 } });
  });

  test("tells nothing of its first state, nor of one that goes on", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    const reasons: string[] = [];
    topic.onReset((reason) => reasons.push(reason));
    await until(topic, ({ status }) => status === "live");
    server.cut();
    await until(topic, ({ status }) => status === "reconnecting");
    await until(topic, ({ status }) => status === "live");
    expect(reasons).toEqual([]);
  });
});
