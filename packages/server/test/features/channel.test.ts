import { type TestClient, testRealtime } from "@shoal/server/testing";
import { describe, expect, it } from "vitest";
import { lobbies, lobby, lot, lots } from "./auction.ts";

const channels = [lots, lobbies];

/** A lot that Ada opened, as she and others see it. */
async function openLot(client: TestClient) {
  const outcome = await client.channel(lot).open({ title: "A lamp" });
  if (!outcome.ok) throw new Error("the lot was not opened");
  return outcome.params;
}

describe("A command that makes a topic", () => {
  it("is answered with the params that the server minted, the same when it is sent again", async () => {
    await using w = testRealtime({ channels });
    const ada = w.as({ id: "ada" });
    const first = await ada.channel(lot).open({ title: "A lamp" }, { commandId: "open-1" });
    const again = await ada.channel(lot).open({ title: "A lamp" }, { commandId: "open-1" });
    expect(first).toMatchObject({ ok: true, offset: 1, params: { lotId: expect.any(String) } });
    expect(again).toEqual(first);
    const other = await w.as({ id: "bob" }).channel(lot).open({ title: "A lamp" }, { commandId: "open-1" });
    expect(other.ok && first.ok && other.params.lotId !== first.params.lotId).toBe(true);
  });
});

describe("A private part", () => {
  it("decides, follows from secrets, and is in no frame, state or history", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const ada = await w.as({ id: "ada" }).topic(lot, params);
    const bob = await w.as({ id: "bob" }).topic(lot, params);
    expect(await ada.send.placeBid({ maximum: 777_001 })).toMatchObject({ ok: true, result: { leads: true } });
    expect(await bob.send.placeBid({ maximum: 500 })).toMatchObject({ ok: true, result: { leads: false } });
    expect(bob.state?.price).toBe(500);
    const seen = JSON.stringify([
      ada.frames,
      bob.frames,
      bob.state,
      await w.system(lot, params).history({ limit: 10 }),
    ]);
    expect(seen).not.toContain("777001");
    expect(JSON.stringify(await w.log(lot, params))).toContain("777001");
  });
});

describe("An audience", () => {
  it("gets its own cut of states and events, and a hidden event leaves its offset", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const ada = await w.as({ id: "ada" }).topic(lot, params);
    const staff = await w.as({ id: "staff-1" }).topic(lot, params);
    await staff.send.note({ text: "a fake" });
    await ada.send.placeBid({ maximum: 5 });
    expect(staff.state?.note).toBe("a fake");
    expect(ada.state?.note).toBeNull();
    expect(ada.offset).toBe(staff.offset);
    expect(ada.frames.at(-2)).toEqual({ kind: "events", from: 2, to: 2, events: [] });
    const latecomer = await w.as({ id: "eve" }).topic(lot, params);
    expect(JSON.stringify([latecomer.frames, ada.frames])).not.toContain("a fake");
  });

  it("shares the frames that were made for it, however many subscribe", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const crowd = await Promise.all(
      Array.from({ length: 50 }, (_, index) => w.as({ id: `u${index}` }).topic(lot, params)),
    );
    await crowd[0]?.send.placeBid({ maximum: 5 });
    const snapshots = new Set(crowd.map(({ frames }) => frames[0]));
    const events = new Set(crowd.map(({ frames }) => frames.at(-1)));
    expect([snapshots.size, events.size]).toEqual([1, 1]);
  });
});

describe("What prepare returns", () => {
  it("is there when the command is decided", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const banned = await w.as({ id: "banned" }).topic(lot, params);
    expect(await banned.send.placeBid({ maximum: 5 })).toEqual({ ok: false, reason: "NOT_ELIGIBLE" });
  });
});

describe("Timers and effects", () => {
  it("come at their time: the lot closes once, and then leaves the lobby", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const ada = await w.as({ id: "ada" }).topic(lot, params);
    const hall = await w.as({ id: "ada" }).topic(lobby, {});
    await w.settle();
    expect(hall.state?.lots).toEqual([params.lotId]);
    await w.advance("59s");
    expect(ada.state?.status).toBe("open");
    await w.advance("1s");
    expect(ada.state?.status).toBe("closed");
    expect(hall.state?.lots).toEqual([]);
    await w.advance("1d");
    expect((await w.log(lot, params)).map(({ type }) => type)).toEqual(["opened", "closed"]);
    expect(await ada.send.placeBid({ maximum: 5 })).toEqual({ ok: false, reason: "ENDED" });
  });

  it("an effect that is rejected is parked and reported, and those behind it go on", async () => {
    await using w = testRealtime({ channels });
    const first = await openLot(w.as({ id: "seller" }));
    await w.settle();
    await w.system(lobby, {}).send.remove(first);
    const second = await openLot(w.as({ id: "seller" }));
    await w.advance("2m");
    expect(await w.system(lobby, {}).state()).toEqual({ lots: [] });
    const parked = w.logged.filter(({ message }) => message === "an effect was rejected and is parked");
    expect(parked).toHaveLength(1);
    expect(second.lotId).not.toBe(first.lotId);
  });
});

describe("A client whose connection was cut", () => {
  it("gets all that it missed, each event once", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const eve = w.as({ id: "eve" });
    const seen = await eve.topic(lot, params);
    eve.cut();
    const ada = await w.as({ id: "ada" }).topic(lot, params);
    await ada.send.placeBid({ maximum: 5 });
    await w.advance("2m");
    expect(seen.state?.status).toBe("open");
    await eve.restore();
    expect(seen.state).toEqual(ada.state);
    expect(seen.frames.map(({ kind }) => kind)).toEqual(["snapshot", "resumed", "events"]);
  });
});

describe("A topic in the server's own hand", () => {
  it("has a snapshot from whose position a subscription goes on", async () => {
    await using w = testRealtime({ channels });
    const params = await openLot(w.as({ id: "seller" }));
    const handle = w.system(lot, params);
    const { state, offset, position } = await handle.snapshot();
    expect([state.title, offset]).toEqual(["A lamp", 1]);
    await handle.send.note({ text: "seen" });
    const kinds: string[] = [];
    for await (const { frame } of handle.subscribe({ position })) {
      kinds.push(frame.kind);
      if (frame.kind === "events") break;
    }
    expect(kinds).toEqual(["resumed", "events"]);
  });
});
