import { describe, expect, test } from "vitest";
import { topicKey } from "../src/topic-key.ts";

describe("the key of a topic", () => {
  test("does not depend on the order of the params", () => {
    expect(topicKey("doc", { a: 1, b: "x" })).toBe(topicKey("doc", { b: "x", a: 1 }));
  });

  test("takes an undefined param for an absent one", () => {
    expect(topicKey("doc", { a: 1, b: undefined })).toBe(topicKey("doc", { a: 1 }));
  });

  test.each([
    ["the channel", topicKey("a", { id: 1 }), topicKey("b", { id: 1 })],
    ["a value", topicKey("a", { id: 1 }), topicKey("a", { id: 2 })],
    ["a value's type", topicKey("a", { id: 1 }), topicKey("a", { id: "1" })],
    ["null and absent", topicKey("a", { id: null }), topicKey("a", {})],
    ["a name", topicKey("a", { x: 1 }), topicKey("a", { y: 1 })],
    ["where a text ends", topicKey("a", { x: "1", y: "" }), topicKey("a", { x: "", y: "1" })],
  ])("tells apart %s", (_what, one, other) => {
    expect(one).not.toBe(other);
  });
});
