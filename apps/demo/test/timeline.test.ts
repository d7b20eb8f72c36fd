import type { RoomMessage } from "@shoal/contract/rooms";
import { describe, expect, test } from "vitest";
import { type Group, groupEntries, type RoomLine, withOutbox } from "../web/room/message-groups.ts";
import { follow, prepend, revise, startAt } from "../web/room/timeline.ts";

const ada = { id: "ada", name: "Ada" };
const bo = { id: "bo", name: "Bo" };

describe("A timeline", () => {
  const three = startAt(window(1, 2, 3), 3);

  test("keeps what has moved out of the room's state", () => {
    expect(follow(three, { ...window(2, 3, 4), older: 1 }, 4)).toEqual({ ...startAt(window(1, 2, 3, 4), 4) });
  });

  test("forgets what was removed, also at the beginning of the state, and a prediction that did not come true", () => {
    expect(follow(three, window(2, 3), 4).entries).toEqual(messages(2, 3));
    const predicted = startAt({ entries: [...messages(1, 2), { ...message(9), offset: 0 }], older: 0 }, 2);
    expect(follow(predicted, { ...window(2), older: 1 }, 2).entries).toEqual(messages(1, 2));
  });

  test("starts anew after a hole, and when the room is empty again", () => {
    expect(follow(three, { ...window(7, 8), older: 6 }, 8)).toEqual({ entries: messages(7, 8), from: 7, seen: 8 });
    expect(follow(three, window(), 0)).toEqual({ entries: [], from: 1, seen: 0 });
  });

  test("takes a page of history at its beginning, unless it was asked for before it started anew", () => {
    const late = startAt({ ...window(4, 5), older: 3 }, 5);
    const page = { items: messages(3, 2), nextCursor: 2 };
    expect(prepend(late, page, 4)).toEqual({ entries: messages(2, 3, 4, 5), from: 2, seen: 5 });
    expect(prepend(late, { ...page, nextCursor: null }, 4).from).toBe(1);
    expect(prepend(late, page, 9)).toBe(late);
  });

  test("takes what is older as it is told anew, and nothing that is not shown", () => {
    const long = { entries: messages(2, 3, 4, 5), from: 2, seen: 5 };
    expect(revise(long, messages(1, 3), 3)).toEqual({ ...long, entries: messages(3, 4, 5) });
  });
});

describe("What is shown", () => {
  test("marks a message that is not confirmed, and adds one that is not in the room", () => {
    const entry = { id: "2", text: "Message 2", at: 2, error: undefined };
    const failed = { id: "3", text: "Message 3", at: 3, error: undefined };

    const shown = withOutbox(messages(1, 2), [entry, failed], ada);

    expect(shown.map((entry) => [entry.id, entry.kind === "message" && entry.unsent])).toEqual([
      ["1", undefined],
      ["2", entry],
      ["3", failed],
    ]);
  });

  test("is grouped by author, and begins a new group after five minutes and after midnight", () => {
    const noon = new Date(2026, 2, 1, 12).getTime();
    const minute = 60_000;
    const midnight = new Date(2026, 2, 2).getTime();

    const groups = groupEntries(
      [
        { ...message(1), at: noon },
        { ...message(2), at: noon + minute },
        { ...message(3), at: noon + 2 * minute, author: bo },
        { ...message(4), at: noon + 8 * minute, author: bo },
        { ...message(5), at: midnight - minute },
        { ...message(6), at: midnight },
      ],
      "bo",
    );

    expect(groups.map(idsOf)).toEqual(["1,2", "3", "4", "5", "6"]);
    expect(groups.map((group) => group.kind === "messages" && group.own)).toEqual([false, true, true, false, false]);
    expect(groups.map(({ newDay }) => newDay)).toEqual([true, false, false, false, true]);
  });

  test("has a line of the room between what was said before and after it", () => {
    const line: RoomLine = { kind: "renamed", id: "r", offset: 2, by: ada, name: "Reef", at: 2 };
    const groups = groupEntries([message(1), line, message(3)], "ada");
    expect(groups.map(idsOf)).toEqual(["1", "renamed", "3"]);
    expect(groups.map(({ newDay }) => newDay)).toEqual([true, false, false]);
  });
});

function idsOf(group: Group): string {
  return group.kind === "line" ? group.line.kind : group.messages.map(({ id }) => id).join();
}

function message(number: number): RoomMessage {
  const text = `Message ${number}`;
  return { kind: "message", id: String(number), offset: number, author: ada, text, at: number, editedAt: null };
}

function messages(...numbers: number[]): RoomMessage[] {
  return numbers.map(message);
}

function window(...numbers: number[]) {
  return { entries: messages(...numbers), older: 0 };
}
