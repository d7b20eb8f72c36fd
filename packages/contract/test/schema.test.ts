import { describeIssues, parse, type Schema } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import * as mini from "zod/mini";

const asynchronous = (validate: () => Promise<never>): Schema<never> => ({ "~standard": { validate } });

describe("parse", () => {
  test("returns what the schema makes of a value", () => {
    const schema = z.object({ text: z.string().trim(), limit: z.int().default(10) });
    expect(parse(schema, { text: " hi ", unknown: true }, "the input")).toEqual({ text: "hi", limit: 10 });
  });

  test("takes any schema of the Standard Schema kind", () => {
    expect(parse(mini.object({ id: mini.string() }), { id: "a" }, "the input")).toEqual({ id: "a" });
  });

  test("refuses a value in one line that names the value, each place and what is wrong there", () => {
    const schema = z.object({ author: z.object({ id: z.string("Required") }), tags: z.array(z.string("No tag")) });
    expect(() => parse(schema, { author: {}, tags: ["a", 1] }, 'input of "rooms.post"')).toThrow(
      expect.objectContaining({
        code: "BAD_REQUEST",
        message: 'Invalid input of "rooms.post": author.id: Required; tags.1: No tag',
      }),
    );
  });

  test("blames the server for a schema that does not answer at once, and outlives its failure", async () => {
    const failing = asynchronous(() => Promise.reject(new Error("the database is gone")));
    expect(() => parse(failing, {}, "the input")).toThrow(
      expect.objectContaining({ code: "INTERNAL_SERVER_ERROR", message: expect.stringContaining("asynchronous") }),
    );
    // A rejection that nobody handles would end the process: vitest fails the run for it after this turn.
    await new Promise(setImmediate);
  });
});

describe("describeIssues", () => {
  test("writes a path of keys and of segments the same way", () => {
    const issues = [
      { message: "Required", path: ["items", 0, { key: "name" }] },
      { message: "Unknown", path: [Symbol("mark")] },
      { message: "Invalid" },
      { message: "Empty", path: [] },
    ];
    expect(describeIssues(issues)).toBe("items.0.name: Required; Symbol(mark): Unknown; Invalid; Empty");
  });
});
