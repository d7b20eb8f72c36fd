import { expect, test } from "vitest";
import { handleOf, mentionsIn } from "../server/mentions-in.ts";

const first = (text: string) => mentionsIn(text)[0]?.map((handle) => JSON.parse(handle));

test("A name of several words is looked for before a shorter one", () => {
  expect(first("Ask @Ada Lovelace about it, please")).toEqual([
    "ada lovelace about it",
    "ada lovelace about",
    "ada lovelace",
    "ada",
  ]);
});

test("A sentence may end with a name, and a name is the same however it is written", () => {
  expect(first("Hello @ADA!")).toEqual(["ada"]);
  expect(handleOf("Ａda")).toBe(handleOf("ada"));
});

test("An address is no mention, and a text mentions at most ten", () => {
  expect(mentionsIn("write to ada@example.org")).toEqual([]);
  expect(mentionsIn("@ nobody")).toEqual([]);
  expect(mentionsIn("@a ".repeat(50))).toHaveLength(10);
});
