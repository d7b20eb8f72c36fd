import { createMemoryStore, serveChannel, system } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { describe, expect, test } from "vitest";
import { shared } from "../support/nodes.ts";
import { parlour, startParlour } from "../support/parlour.ts";
import { eventually, inTime, turn } from "../support/recorder.ts";

const red = { parlourId: "red" };
const members = ["join", "leave"] as const;
const connections = ["connect", "disconnect"] as const;

describe("The hooks of a channel", () => {
  test("hear of a user once for all their tabs, and can send a command of the server's own", async () => {
    await using app = await startParlour();
    await using first = app.tab("ann/phone");
    await using second = app.tab("ann/desk");
    const watching = first.enter("phone");
    await app.calls.first((call) => call === "join ann red phone");
    const other = second.enter("desk");
    await other.frames.first(({ data }) => data.kind === "presence");
    await eventually(
      async () => (await app.realtime.topic(parlour, red).as(system).state()).lines.length === 1,
      "a line",
    );
    await first.close();
    await watching.frames.count(1);
    await eventually(() => app.handle.sockets.size === 1, "the first socket is gone");
    await turn();
    expect(app.callsOf(...members)).toEqual(["join ann red phone"]);
    await second.close();
    await app.calls.first((call) => call === "leave ann red phone");
    await eventually(
      async () => (await app.realtime.topic(parlour, red).as(system).state()).lines.length === 2,
      "two lines",
    );
    expect((await app.realtime.topic(parlour, red).as(system).state()).lines).toEqual(["ann came", "ann went"]);
    expect(app.callsOf(...members)).toEqual(["join ann red phone", "leave ann red phone"]);
  });

  test("hear once that a user is gone whose socket died, and again when they come back", async () => {
    await using app = await startParlour();
    await using tab = app.tab("ann/phone");
    tab.enter("phone");
    await app.calls.first((call) => call.startsWith("join"));
    app.cut();
    await app.calls.until(() => app.callsOf(...members).length === 3);
    expect(app.callsOf(...members)).toEqual(["join ann red phone", "leave ann red phone", "join ann red phone"]);
  });

  test("tell users and topics apart, and those who are not signed in by their clients", async () => {
    await using app = await startParlour();
    await using ann = app.tab("ann/a");
    await using nobody = app.tab("-/n");
    ann.enter("a");
    ann.enter("a", "blue");
    nobody.enter("n1");
    nobody.enter("n2");
    await app.calls.until(() => app.callsOf("join").length === 4);
    await nobody.close();
    await app.calls.until(() => app.callsOf("leave").length === 2);
    expect(app.callsOf("join").toSorted()).toEqual([
      "join ann blue a",
      "join ann red a",
      "join undefined red n",
      "join undefined red n",
    ]);
    expect(app.callsOf("leave")).toEqual(["leave undefined red n", "leave undefined red n"]);
  });

  test("do not hear of who only looks on", async () => {
    const served: string[] = [];
    const looking = serveChannel(parlour, {
      authorize: () => true,
      commands: { announce: ({ input, emit }) => emit("said", input) },
      join: ({ user }) => served.push(`join ${user?.id}`),
    });
    await using world = testRealtime({ channels: [looking] });
    await world.as({ id: "ann" }).topic(parlour, red);
    await turn();
    expect(served).toEqual([]);
  });

  test("delay no subscription, and run one after the other for a user", async () => {
    const gate = Promise.withResolvers<void>();
    await using app = await startParlour({ onJoin: () => gate.promise });
    const first = app.tab("ann/phone");
    const { frames } = first.enter("phone");
    await app.calls.first((call) => call.startsWith("join"));
    await frames.first(({ data }) => data.kind === "presence" && data.joined !== undefined);
    await first.close();
    await app.calls.first((call) => call.startsWith("disconnect"));
    await using again = app.tab("ann/desk");
    await again.enter("desk").frames.first(({ data }) => data.kind === "presence");
    expect(app.callsOf(...members)).toEqual(["join ann red phone"]);
    gate.resolve();
    await app.calls.until(() => app.callsOf(...members).length === 3);
    expect(app.callsOf(...members)).toEqual(["join ann red phone", "leave ann red phone", "join ann red desk"]);
  });

  test("that throw are logged and harm nobody", async () => {
    await using app = await startParlour({
      onJoin: () => {
        throw new Error("it cannot be greeted");
      },
    });
    await using tab = app.tab("ann/phone");
    const { frames, errors } = tab.enter("phone");
    await app.logged.count(1);
    expect(app.logged.items).toEqual([{ hook: "parlour.join" }]);
    await frames.first(({ data }) => data.kind === "presence" && data.joined !== undefined);
    expect(errors.items).toEqual([]);
    await tab.close();
    await app.calls.first((call) => call.startsWith("leave"));
  });

  test("hear of everybody when the node closes, which waits for them and commits what they send", async () => {
    const memory = createMemoryStore();
    let through = false;
    const app = await startParlour({
      store: shared(memory),
      async onLeave() {
        await new Promise(setImmediate);
        through = true;
      },
    });
    await using tab = app.tab("ann/phone");
    tab.enter("phone");
    await app.calls.first((call) => call.startsWith("join"));
    await inTime(app.realtime.close(), "the end");
    expect(through).toBe(true);
    await app.handle.close();
    await eventually(() => app.handle.sockets.size === 0, "the sockets are gone");
    await turn();
    expect(app.callsOf(...members)).toEqual(["join ann red phone", "leave ann red phone"]);
    await using next = await startParlour({ store: memory });
    const { lines } = await next.realtime.topic(parlour, red).as(system).state();
    expect(lines).toEqual(["ann came", "ann went"]);
  });

  test("need presence in the contract", () => {
    const { presence: _presence, ...mute } = parlour;
    const serving = () => serveChannel(mute as typeof parlour, { commands: { announce: () => {} }, join: () => {} });
    expect(serving).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining("presence") }),
    );
  });
});

describe("The hooks of a realtime", () => {
  test("hear of a connection once, however much it carries, and of its end", async () => {
    await using app = await startParlour();
    await using tab = app.tab("ann/phone");
    tab.enter("phone");
    await tab.enter("phone", "blue").frames.count(1);
    await app.calls.first((call) => call === "connect ann phone");
    await tab.close();
    await app.calls.first((call) => call === "disconnect ann phone");
    expect(app.callsOf(...connections)).toEqual(["connect ann phone", "disconnect ann phone"]);
  });

  test("hear of each connection by itself, also of one that is cut and comes back", async () => {
    await using app = await startParlour();
    await using phone = app.tab("ann/phone");
    await phone.enter("phone").frames.count(1);
    await app.calls.first((call) => call.startsWith("connect"));
    app.cut();
    await app.calls.until(() => app.callsOf(...connections).length === 3);
    expect(app.callsOf(...connections)).toEqual(["connect ann phone", "disconnect ann phone", "connect ann phone"]);
  });

  test("do not hear of whom the base procedure refuses", async () => {
    await using app = await startParlour();
    await using thief = app.tab("thief/van");
    await thief.enter("van").errors.count(1);
    await using ann = app.tab("ann/phone");
    await ann.enter("phone").frames.count(1);
    await app.calls.first((call) => call.startsWith("connect"));
    await thief.close();
    await ann.close();
    await app.calls.first((call) => call.startsWith("disconnect"));
    expect(app.callsOf(...connections)).toEqual(["connect ann phone", "disconnect ann phone"]);
  });

  test("hear of the end of every connection when the node closes, and not again when the sockets end", async () => {
    const app = await startParlour();
    await using tab = app.tab("ann/phone");
    await tab.enter("phone").frames.count(1);
    await app.calls.first((call) => call.startsWith("connect"));
    await app.realtime.close();
    expect(app.callsOf(...connections)).toEqual(["connect ann phone", "disconnect ann phone"]);
    await app.handle.close();
    await eventually(() => app.handle.sockets.size === 0, "the sockets are gone");
    await turn();
    expect(app.callsOf(...connections)).toEqual(["connect ann phone", "disconnect ann phone"]);
  });
});
