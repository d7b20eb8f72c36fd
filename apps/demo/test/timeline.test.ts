import type { RoomMessage } from "@shoal/contract/rooms";
import { describe, expect, test } from "vitest";
import { groupMessages, withOutbox } from "../web/room/message-groups.ts";
import { firstOffset, follow, prepend } from "../web/room/timeline.ts";

const ada = { id: "ada", name: "Ada" };
const bo = { id: "bo", name: "Bo" };

describe("A timeline", () => {
  test("keeps what has moved out of the room's window", () => {
    expect(follow(messages(1, 2, 3), messages(2, 3, 4))).toEqual(messages(1, 2, 3, 4));
  });

  test("forgets a prediction that did not come true", () => {
    expect(follow(messages(1, 2, 3, 99), messages(2, 3))).toEqual(messages(1, 2, 3));
  });

  test("starts anew after a hole", () => {
    expect(follow(messages(1, 2, 3), messages(7, 8))).toEqual(messages(7, 8));
  });

  test("starts anew when the room is empty again", () => {
    expect(follow(messages(1, 2, 3), [])).toEqual([]);
  });

  test("takes a page of history at its beginning", () => {
    expect(prepend(messages(4, 5), messages(3, 2, 1), "4")).toEqual(messages(1, 2, 3, 4, 5));
  });

  test("leaves a page that was asked for before it started anew", () => {
    expect(prepend(messages(7, 8), messages(3, 2, 1), "4")).toEqual(messages(7, 8));
  });

  test("knows the offset of its oldest message, with and without predictions", () => {
    expect(firstOffset(messages(1, 2, 3), 130, 0)).toBe(128);
    expect(firstOffset(messages(1, 2, 3, 99), 130, 1)).toBe(128);
    expect(firstOffset([], 0, 0)).toBe(1);
  });
});

describe("What is shown", () => {
  test("marks a message that is not confirmed, and adds one that is not in the room", () => {
    const entry = { id: "2", text: "Message 2", at: 2, error: undefined };
    const failed = { id: "3", text: "Message 3", at: 3, error: undefined };

    const shown = withOutbox(messages(1, 2), [entry, failed], ada);

    expect(shown.map(({ id, unsent }) => [id, unsent])).toEqual([
      ["1", undefined],
      ["2", entry],
      ["3", failed],
    ]);
  });

  test("is grouped by author, and begins a new group after five minutes and after midnight", () => {
    const noon = new Date(2026, 2, 1, 12).getTime();
    const minute = 60_000;
    const midnight = new Date(2026, 2, 2).getTime();

    const groups = groupMessages(
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

    const ids = groups.map((group) => group.messages.map(({ id }) => id).join());
    expect(ids).toEqual(["1,2", "3", "4", "5", "6"]);
    expect(groups.map(({ own }) => own)).toEqual([false, true, true, false, false]);
    expect(groups.map(({ newDay }) => newDay)).toEqual([true, false, false, false, true]);
  });
});

function message(number: number): RoomMessage {
  return { id: String(number), author: ada, text: `Message ${number}`, at: number };
}

function messages(...numbers: number[]): RoomMessage[] {
  return numbers.map(message);
}
