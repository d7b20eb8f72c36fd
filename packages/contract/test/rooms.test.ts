import type { TaggedEvent } from "@shoal/contract";
import { parse } from "@shoal/contract";
import { historyLimits, maxMessageLength, type Rooms, rooms, roomWindow } from "@shoal/contract/rooms";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seed } from "./support/seed.ts";

const roomId = "lobby";
const ann = { id: "ann", name: "Ann" };
const ben = { id: "ben", name: "Ben" };

const post = (number: number) => ({
  id: `message-${number}`,
  offset: number,
  author: ann,
  text: `number ${number}`,
  at: number,
});

const { apply, initial, optimistic } = rooms;

const after = (count: number) =>
  Array.from({ length: count }, (_, index) => post(index + 1)).reduce(apply.posted, initial({ roomId }));

const idsOf = ({ entries }: Rooms["state"]) => entries.map(({ id }) => id);

describe("A room", () => {
  test("is empty at first", () => {
    expect(initial({ roomId })).toEqual({ name: "", entries: [], older: 0, revision: 0, roles: [] });
  });

  test("holds the newest entries in their order, as many as its window, and tells where the others end", () => {
    fc.assert(
      fc.property(fc.nat(3 * roomWindow), (count) => {
        const { entries, older } = after(count);
        const first = Math.max(1, count - roomWindow + 1);
        const kept = Array.from({ length: Math.min(count, roomWindow) }, (_, index) => first + index);
        expect(entries.map(({ offset }) => offset)).toEqual(kept);
        expect(older).toBe(first - 1);
      }),
      { ...seed, numRuns: 30 },
    );
  });

  test("leaves the states it was given as they were, whatever happens", () => {
    const id = fc.constantFrom("a", "b", "c");
    const person = fc.constantFrom(ann, ben);
    const base = { id, offset: fc.nat(200), at: fc.nat() };
    const events: fc.Arbitrary<TaggedEvent<Rooms["events"]>> = fc.oneof(
      fc.record({ type: fc.constant("posted" as const), data: fc.record({ ...base, author: person, text: id }) }),
      fc.record({
        type: fc.constantFrom("created" as const, "renamed" as const),
        data: fc.record({ ...base, by: person, name: id }),
      }),
      fc.record({
        type: fc.constant("granted" as const),
        data: fc.record({
          ...base,
          by: person,
          to: person,
          role: fc.constantFrom("owner" as const, "moderator" as const, "member" as const),
        }),
      }),
      fc.record({
        type: fc.constantFrom("joined" as const, "left" as const),
        data: fc.record({ ...base, who: person }),
      }),
      fc.record({ type: fc.constant("edited" as const), data: fc.record({ messageId: id, text: id, at: fc.nat() }) }),
      fc.record({ type: fc.constant("removed" as const), data: fc.record({ messageId: id }) }),
      fc.record({
        type: fc.constant("forgotten" as const),
        data: fc.record({ entryIds: fc.array(id), roles: fc.constant<Rooms["state"]["roles"]>([]) }),
      }),
    );
    fc.assert(
      fc.property(fc.array(events, { maxLength: 40 }), (history) => {
        const fold = () =>
          history.reduce<Rooms["state"]>((state, { type, data }) => {
            const before = JSON.stringify(state);
            const next = (apply[type] as (state: Rooms["state"], data: object) => Rooms["state"])(state, data);
            expect(JSON.stringify(state)).toBe(before);
            return next;
          }, initial({ roomId }));
        expect(fold()).toEqual(fold());
      }),
      { ...seed, numRuns: 100 },
    );
  });

  test("counts what is edited and removed, of what it holds and of what it holds no more", () => {
    const state = after(roomWindow + 1);
    expect(apply.edited(state, { messageId: "message-1", text: "late", at: 1 })).toEqual({ ...state, revision: 1 });
    expect(apply.removed(state, { messageId: "message-1" })).toEqual({ ...state, revision: 1 });
    const removed = apply.removed(state, { messageId: "message-2" });
    expect(removed).toMatchObject({ older: 1, revision: 1 });
    expect(idsOf(removed)).not.toContain("message-2");
    expect(apply.posted(removed, post(roomWindow + 2)).older).toBe(1);
  });

  test("shows an edited text and when that was", () => {
    const state = apply.edited(after(2), { messageId: "message-1", text: "better", at: 9 });
    expect(state.entries).toMatchObject([
      { text: "better", at: 1, editedAt: 9 },
      { text: "number 2", editedAt: null },
    ]);
  });

  test("edits and removes no line of its own, though it has the id of a message", () => {
    const line = { id: "same", offset: 1, by: ann, name: "Reef", at: 1 };
    const state = apply.renamed(initial({ roomId }), line);
    expect(apply.edited(state, { messageId: "same", text: "no", at: 1 }).entries).toEqual(state.entries);
    expect(apply.removed(state, { messageId: "same" }).entries).toEqual(state.entries);
  });

  test("belongs to who created it, and knows nobody as more than a member whom it made one", () => {
    const base = { id: "1", offset: 1, at: 1, by: ann };
    const created = apply.created(initial({ roomId }), { ...base, name: "Reef" });
    expect(created).toMatchObject({ name: "Reef", roles: [{ person: ann, role: "owner" }] });
    const both = apply.granted(created, { ...base, to: ben, role: "moderator" });
    expect(both.roles.map(({ role }) => role)).toEqual(["owner", "moderator"]);
    expect(apply.granted(both, { ...base, to: ben, role: "member" }).roles).toEqual(created.roles);
    expect(apply.granted(both, { ...base, to: ben, role: "owner" }).roles).toHaveLength(2);
  });

  test("predicts a message under the sender's name, with its text as the server will trim it", () => {
    const context = { state: initial({ roomId }), user: ann, commandId: "c1", now: 7 };
    expect(optimistic.post?.({ text: "  hello " }, context)).toEqual([
      { type: "posted", data: { id: "c1", offset: 0, author: ann, text: "hello", at: 7 } },
    ]);
    expect(optimistic.edit?.({ messageId: "c1", text: " hi " }, context)).toEqual([
      { type: "edited", data: { messageId: "c1", text: "hi", at: 7 } },
    ]);
    expect(optimistic.remove?.({ messageId: "c1" }, context)).toEqual([{ type: "removed", data: { messageId: "c1" } }]);
  });

  test("predicts a message under the id of who has no name", () => {
    const context = { state: initial({ roomId }), user: { id: "ann" }, commandId: "c1", now: 7 };
    expect(optimistic.post?.({ text: "hello" }, context)).toMatchObject([
      { data: { author: { id: "ann", name: "ann" } } },
    ]);
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
