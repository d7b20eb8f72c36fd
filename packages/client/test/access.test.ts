import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { counter } from "./support/counter.ts";
import { startServer } from "./support/server.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const home = { counterId: "home" };

function doNothing(): void {}

describe("a client whose token is good for two seconds", () => {
  test("goes on over many of them on one connection, and misses nothing", async () => {
    await using server = await startServer({ tokenMs: 2_000 });
    let asked = 0;
    const token = () => {
      asked += 1;
      return "ann";
    };
    await using client = connect(server, "ann", { token });
    const statuses: string[] = [];
    const topic = await watched(client.counter(home));
    client.connection.subscribe(() => statuses.push(client.connection.current.status));
    let sent = 0;
    while (asked < 4) {
      await topic.send.add({ by: 1 });
      sent += 1;
    }
    await until(topic, ({ offset }) => offset === sent);
    expect(statuses.filter((status) => status !== "open")).toEqual([]);
    expect(topic.current).toMatchObject({ status: "live", state: { value: sent } });
  }, 20_000);

  test("is refused when the next one is another user's", async () => {
    await using server = await startServer({ tokenMs: 2_000 });
    const tokens = ["ann"];
    await using client = connect(server, "ann", { token: () => tokens.pop() ?? "bob" });
    await watched(client.counter(home));
    expect(await until(client.connection, ({ status }) => status !== "open")).toMatchObject({
      status: "failed",
      error: { code: "FORBIDDEN" },
    });
  }, 20_000);
});

describe("a user of whom something is revoked", () => {
  test("is told so by the topic, and keeps the rest", async () => {
    await using server = await startServer();
    await using client = connect(server, "ann");
    const [topic, other] = [client.counter(home), client.counter({ counterId: "attic" })];
    for (const one of [topic, other]) one.subscribe(doNothing);
    for (const one of [topic, other]) await until(one, ({ status }) => status === "live");
    await server.realtime.revoke({ userId: "ann", channel: counter, params: home });
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await other.send.add({ by: 1 })).toMatchObject({ ok: true });
    await until(other, ({ offset }) => offset === 1);
  });

  test("is connected no more when it is everything", async () => {
    await using server = await startServer();
    await using client = connect(server, "ann");
    const topic = await watched(client.counter(home));
    await server.realtime.revoke({ userId: "ann" });
    expect(await until(client.connection, ({ status }) => status === "failed")).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    expect(await until(topic, ({ status }) => status === "failed")).toMatchObject({ error: { code: "FORBIDDEN" } });
  });
});
