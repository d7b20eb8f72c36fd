import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { goOffline } from "./support/go-offline.ts";
import { startServer, type TestServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const home = { counterId: "home" };

/** What a page of the server would be rendered from. */
function rendered(server: TestServer) {
  return server.realtime.topic(counter, home).as({ id: "ann", name: "ANN" }).snapshot();
}

describe("a topic that begins with what a server rendered", () => {
  test("gives the same snapshot on, and none before it has a state", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const snapshot = await rendered(server);
    const topic = ann.counter(home);
    expect(topic.snapshot()).toBeUndefined();
    topic.hydrate(snapshot);
    expect(topic.snapshot()).toEqual(snapshot);
  });

  test("gives on what the server has told, without its own predictions", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = await watched(ann.counter(home));
    await goOffline(ann, server);
    const abort = new AbortController();
    const sent = topic.send.add({ by: 5 }, { signal: abort.signal });
    expect(topic.current.state?.value).toBe(5);
    expect(topic.snapshot()).toMatchObject({ state: { value: 0 }, offset: 0 });
    abort.abort();
    await expect(sent).rejects.toThrow("aborted");
  });

  test("keeps what it has where that is newer, or is being watched", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const first = await rendered(server);
    const topic = await watched(ann.counter(home));
    await topic.send.add({ by: 1 });
    await until(topic, ({ offset }) => offset === 1);
    const before = topic.current;
    topic.hydrate(first);
    topic.hydrate({ ...first, offset: 9, state: { value: 9, history: [] } });
    expect(topic.current).toBe(before);
  });

  test("takes no state of another version of the contract", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.hydrate({ ...(await rendered(server)), version: 2 as 1 });
    expect(topic.current.status).toBe("connecting");
  });

  test("gets a snapshot where its position is of another generation", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter(home);
    topic.hydrate({
      ...(await rendered(server)),
      state: { value: 5, history: [5] },
      position: "another:1:all",
      offset: 1,
    });
    const live = await until(topic, ({ status }) => status === "live");
    expect(live).toMatchObject({ state: { value: 0 }, offset: 0 });
  });
});
