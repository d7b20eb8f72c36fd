import type { Schema } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { splitInput } from "../../src/channel/split-input.ts";

const zod = z.object({ roomId: z.string(), page: z.int().optional() });

/** A schema that does not tell its fields, as other libraries have them. */
const plain: Schema<{ roomId: string }> = {
  "~standard": {
    validate: (value) => {
      const { roomId } = value as { roomId?: unknown };
      return typeof roomId === "string"
        ? { value: { roomId } }
        : { issues: [{ message: "Required", path: ["roomId"] }] };
    },
  },
};

describe("A flat input", () => {
  test.each([
    ["a schema that tells its fields", zod],
    ["one that does not", plain],
  ])("is taken apart by %s", (_what, schema) => {
    const input = { roomId: "lobby", text: "hello", commandId: "c1", constructor: 1 };
    expect(splitInput("rooms", schema, input, ["commandId"])).toEqual({
      params: { roomId: "lobby" },
      own: { commandId: "c1" },
      rest: { text: "hello", constructor: 1 },
    });
  });

  test("keeps a param that is optional and was not given out of the rest", () => {
    const { params, rest } = splitInput("rooms", zod, { roomId: "lobby", page: undefined }, []);
    expect([params, rest]).toEqual([{ roomId: "lobby" }, {}]);
  });

  test("that holds a key by the name of the prototype has that key and no other prototype", () => {
    const input: unknown = JSON.parse('{"roomId":"lobby","__proto__":{"commandId":"c1","text":"hello"}}');
    const { own, rest } = splitInput("rooms", zod, input, ["commandId"]);
    expect(own).toEqual({});
    expect(Object.getPrototypeOf(rest)).toBe(Object.prototype);
    expect(Object.keys(rest)).toEqual(["__proto__"]);
    expect((rest as { text?: unknown }).text).toBeUndefined();
  });

  test.each([undefined, null, "lobby", 5, true, [{ roomId: "lobby" }], () => {}])("must be an object: %j", (input) => {
    expect(() => splitInput("rooms", zod, input, [])).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});
