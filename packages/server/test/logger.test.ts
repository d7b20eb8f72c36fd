import { consoleLogger } from "@shoal/server";
import { afterEach, describe, expect, test, vi } from "vitest";

const written = vi.spyOn(process.stderr, "write").mockImplementation(() => true);

afterEach(() => written.mockClear());

const lines = (): unknown[] => written.mock.calls.map(([line]) => JSON.parse(String(line)));

describe("The console logger", () => {
  test("writes a line of JSON with the level, the time, the message and the fields", () => {
    consoleLogger.info({ topic: "home" }, "hello");
    consoleLogger.warn({}, "careful");
    expect(lines()).toEqual([
      { level: "info", time: expect.any(Number), message: "hello", topic: "home" },
      { level: "warn", time: expect.any(Number), message: "careful" },
    ]);
  });

  test("writes an error with its stack and what caused it", () => {
    const error = new TypeError("outside", { cause: new Error("inside", { cause: "a text" }) });
    consoleLogger.error({ error }, "it failed");
    expect(lines()).toMatchObject([
      {
        level: "error",
        error: {
          name: "TypeError",
          message: "outside",
          stack: expect.stringContaining("logger.test.ts"),
          cause: { message: "inside", cause: "a text" },
        },
      },
    ]);
  });

  test("never throws, whatever an application's error holds: a circle, a BigInt", () => {
    const circle: Record<string, unknown> = { count: 10n, shared: {} };
    circle.self = circle;
    consoleLogger.error(
      { error: new Error("odd", { cause: circle }), again: circle.shared, twice: circle.shared },
      "odd",
    );
    expect(lines()).toMatchObject([
      { error: { cause: { count: "10", self: "[circular]", shared: {} } }, again: {}, twice: {} },
    ]);
  });
});
