import { parse } from "@shoal/contract";
import { historyLimits, maxMessageLength, type RoomMessage, rooms, roomWindow } from "@shoal/contract/rooms";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seed } from "./support/seed.ts";

const message = (number: number): RoomMessage => ({
  id: `message-${number}`,
  author: { id: "ann", name: "Ann" },
  text: `number ${number}`,
  at: number,
});

const after = (count: number) =>
  Array.from({ length: count }, (_, index) => message(index + 1)).reduce(
    rooms.apply.posted,
    rooms.initial({ roomId: "lobby" }),
  );

describe("A room", () => {
  test("is empty at first", () => {
    expect(rooms.initial({ roomId: "lobby" })).toEqual({ messages: [] });
  });

  test("holds the newest messages in their order, as many as its window", () => {
    fc.assert(
      fc.property(fc.nat(3 * roomWindow), (count) => {
        const numbers = after(count).messages.map(({ at }) => at);
        const first = Math.max(1, count - roomWindow + 1);
        expect(numbers).toEqual(Array.from({ length: Math.min(count, roomWindow) }, (_, index) => first + index));
      }),
      { ...seed, numRuns: 30 },
    );
  });

  test("leaves the state it was given as it was", () => {
    const state = Object.freeze({ messages: Object.freeze(after(roomWindow).messages) as RoomMessage[] });
    expect(rooms.apply.posted(state, message(roomWindow + 1)).messages).toHaveLength(roomWindow);
    expect(state.messages[0]?.at).toBe(1);
  });

  test("predicts a message under the sender's name, with its text as the server will trim it", () => {
    const context = { state: { messages: [] }, user: { id: "ann", name: "Ann" }, commandId: "c1", now: 7 };
    expect(rooms.optimistic.post?.({ text: "  hello " }, context)).toEqual([
      { type: "posted", data: { id: "c1", author: { id: "ann", name: "Ann" }, text: "hello", at: 7 } },
    ]);
  });

  test("predicts a message under the id of who has no name", () => {
    const context = { state: { messages: [] }, user: { id: "ann" }, commandId: "c1", now: 7 };
    expect(rooms.optimistic.post?.({ text: "hello" }, context)[0]?.data.author).toEqual({ id: "ann", name: "ann" });
  });
});

describe("The schemas of a room", () => {
  const accepts = (schema: Parameters<typeof parse>[0] | undefined, value: unknown): boolean => {
    try {
      parse(schema as Parameters<typeof parse>[0], value, "the value");
      return true;
    } catch {
      return false;
    }
  };

  test("take a room's id of 1 to 64 letters, digits, dashes and underscores", () => {
    for (const roomId of ["a", "Lobby_1-x", "__proto__", "a".repeat(64)])
      expect(accepts(rooms.params, { roomId })).toBe(true);
    for (const roomId of ["", "a b", "a/b", "é", "a\n", "a".repeat(65), 1, null, ["a"], undefined]) {
      expect(accepts(rooms.params, { roomId })).toBe(false);
    }
  });

  test("take a text that has something in it and is not too long, after trimming", () => {
    const { input } = rooms.commands.post;
    for (const text of ["a", " a ", "a".repeat(maxMessageLength), ` ${"a".repeat(maxMessageLength)} `]) {
      expect(accepts(input, { text })).toBe(true);
    }
    for (const text of ["", "   ", "\n\t", "a".repeat(maxMessageLength + 1), 1, null, undefined]) {
      expect(accepts(input, { text })).toBe(false);
    }
  });

  test("take a page of history of at most so many messages, from a whole cursor", () => {
    const { input } = rooms.queries.history;
    const roomId = "lobby";
    expect(accepts(input, { roomId })).toBe(true);
    expect(accepts(input, { roomId, cursor: 1, limit: historyLimits.most })).toBe(true);
    for (const page of [
      { cursor: 0 },
      { cursor: 1.5 },
      { limit: 0 },
      { limit: historyLimits.most + 1 },
      { cursor: "1" },
    ]) {
      expect(accepts(input, { roomId, ...page })).toBe(false);
    }
  });
});
