import type { Fault, UserHere } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { createApp, startApp } from "../support/app.ts";
import { connectBySocket, follow } from "../support/connect.ts";
import { loggedSecret } from "../support/mischief.ts";
import { Reader } from "../support/reader.ts";
import { eventually, Recorder } from "../support/recorder.ts";

const home = { counterId: "home" };

describe("Who is online", () => {
  test("is whoever has a connection or a watch, with how many, since when, and by which name", async () => {
    await using app = await startApp();
    const before = Date.now();
    await using phone = connectBySocket(app, "ann");
    await using desk = connectBySocket(app, "ann");
    await using ben = connectBySocket(app, "ben@acme");
    await using nobody = connectBySocket(app, null);
    await follow(phone.trpc.counter.watch, home).frames.count(1);
    await follow(phone.trpc.rooms.watch, { roomId: "a" }).frames.count(1);
    await desk.trpc.counter.limit.query();
    await ben.trpc.counter.limit.query();
    await expect(nobody.trpc.counter.limit.query()).rejects.toThrow();
    const { count, users } = app.realtime.online();
    expect(count).toBe(2);
    expect(users).toEqual([
      { id: "ann", name: "ANN", since: expect.any(Number), connections: 2, watches: 2 },
      { id: "ben", name: "BEN", tenant: "acme", since: expect.any(Number), connections: 1, watches: 0 },
    ]);
    for (const { since } of users) expect(since).toSatisfy((at: number) => at >= before && at <= Date.now());
    expect(app.realtime.online({ limit: 1 })).toEqual({ count: 2, users: users.slice(0, 1) });
  });

  test("is told as it changes, once for a user, until nobody wants to hear it any more", async () => {
    await using app = await startApp();
    const heard = new Recorder<string>();
    const tell = (what: string) => (user: UserHere) => heard.push(`${user.name} ${what}`);
    const stop = app.realtime.observe({ came: tell("came"), went: tell("went") });
    const phone = connectBySocket(app, "ann");
    const desk = connectBySocket(app, "ann");
    await follow(phone.trpc.counter.watch, home).frames.count(1);
    await follow(desk.trpc.counter.watch, home).frames.count(1);
    await phone[Symbol.asyncDispose]();
    await eventually(() => app.handle.sockets.size === 1, "one has gone");
    expect(heard.items).toEqual(["ANN came"]);
    await desk[Symbol.asyncDispose]();
    await heard.count(2);
    expect(heard.items).toEqual(["ANN came", "ANN went"]);
    stop();
    await using ben = connectBySocket(app, "ben");
    await ben.trpc.counter.limit.query();
    expect(app.realtime.online().users).toMatchObject([{ id: "ben" }]);
    expect(heard.items).toHaveLength(2);
  });

  test("is one who watches without a connection, too", async () => {
    await using app = createApp();
    const reader = new Reader(await app.as("ann").counter.watch(home));
    await reader.next();
    expect(app.realtime.online().users).toMatchObject([{ id: "ann", connections: 0, watches: 1 }]);
    await reader.end();
    expect(app.realtime.online()).toEqual({ count: 0, users: [] });
  });
});

describe("A fault", () => {
  test("is told as the application's own logger is told it, without secrets, and is JSON", async () => {
    await using app = createApp();
    const faults: Fault[] = [];
    const stop = app.realtime.observe({ fault: (fault) => faults.push(fault) });
    const before = Date.now();
    await expect(app.as("ann").mischief.throwError({ place: "home" })).rejects.toThrow();
    await expect(app.as("ann").mischief.fail()).rejects.toThrow();
    const logged = app.logged.items.filter(({ level }) => level !== "info");
    expect(faults.map(({ level, message, fields }) => ({ level, message, fields }))).toEqual(logged);
    expect(faults.filter(({ level }) => level === "error").length).toBeGreaterThanOrEqual(2);
    expect(JSON.parse(JSON.stringify(faults))).toEqual(faults);
    expect(JSON.stringify(faults)).toContain(loggedSecret);
    expect(JSON.stringify(faults)).not.toContain("hunter2");
    for (const { at } of faults) expect(at).toBeGreaterThanOrEqual(before);
    stop();
    await expect(app.as("ann").mischief.fail()).rejects.toThrow();
    expect(faults).toHaveLength(logged.length);
  });

  test("is heard by everybody, though one who hears it throws, or rejects", async () => {
    await using app = createApp();
    const faults: Fault[] = [];
    const broken = (): never => {
      throw new Error("deaf");
    };
    app.realtime.observe({ fault: broken });
    app.realtime.observe({ fault: () => Promise.reject(new Error("deaf")) });
    app.realtime.observe({ fault: (fault) => faults.push(fault) });
    app.realtime.observe({ came: broken, went: broken });
    await expect(app.as("ann").mischief.fail()).rejects.toThrow();
    const reader = new Reader(await app.as("ann").counter.watch(home));
    await reader.next();
    await reader.end();
    expect(faults.some(({ level }) => level === "error")).toBe(true);
    expect(app.logged.errors()).toHaveLength(app.realtime.stats().logged.errors);
  });
});
