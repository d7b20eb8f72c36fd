import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { safeLogger } from "../src/logger.ts";
import { toPlain } from "../src/observe/to-plain.ts";
import { createApp } from "./support/app.ts";
import { refusal } from "./support/connect.ts";

const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/** The real pino, and the lines that it wrote. */
function openPino() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return { lines, logger: pino({ base: null }, stream) };
}

const throwing = {
  get inside(): never {
    throw new Error("a getter");
  },
};

describe("What is logged", () => {
  test("is plain JSON, whatever it was", () => {
    const circle: Record<string, unknown> = { list: [1n, Symbol("odd"), () => {}, undefined, Number.NaN] };
    circle.self = circle;
    const error = Object.assign(new TypeError("outside", { cause: circle }), { code: "E_ODD" });
    expect(
      toPlain({ error, bytes: new Uint8Array(5), at: new Date(0), never: new Date(Number.NaN), throwing }),
    ).toEqual({
      error: {
        name: "TypeError",
        code: "E_ODD",
        message: "outside",
        stack: expect.stringContaining("safe-logger.test.ts"),
        cause: { list: ["1", "Symbol(odd)", "() => {}", undefined, "NaN"], self: "[circular]" },
      },
      bytes: "[5 bytes]",
      at: "1970-01-01T00:00:00.000Z",
      never: "Invalid Date",
      throwing: { inside: "[unreadable]" },
    });
  });

  test("is of a bounded size", () => {
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`f${index}`, index]));
    let deep: object = {};
    for (let depth = 0; depth < 10_000; depth += 1) deep = { deep };
    const size = JSON.stringify(toPlain({ wide, deep, list: Array.from({ length: 100_000 }, () => wide) })).length;
    expect(size).toBeLessThan(50_000);
  });

  test("has no field of a secret, in whatever it is", () => {
    const request = {
      connectionParams: { token },
      headers: { Authorization: `Bearer ${token}`, cookie: "sid=abc", "x-api-key": "abc", accept: "text/html" },
      url: `/trpc?access_token=${token}`,
      users: [{ id: "ann", password: "abc", refreshToken: token }],
    };
    const shown = toPlain({ error: new Error(`refused ${token}`, { cause: request }) });
    const { cause } = (shown as { error: { cause: unknown } }).error;
    expect(cause).toEqual({
      connectionParams: "[redacted]",
      headers: { Authorization: "[redacted]", cookie: "[redacted]", "x-api-key": "[redacted]", accept: "text/html" },
      url: "/trpc?access_token=[redacted]",
      users: [{ id: "ann", password: "[redacted]", refreshToken: "[redacted]" }],
    });
    expect(JSON.stringify(shown)).not.toContain(token);
  });

  test("cannot change what other objects are", () => {
    const shown = toPlain(JSON.parse('{"__proto__":{"polluted":true}}')) as object;
    expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"polluted":true}}');
  });
});

describe("The real pino", () => {
  test("writes one line of JSON for each, with the error and the request's id", async () => {
    const { lines, logger } = openPino();
    await using app = createApp({ logger });
    const { message } = await refusal(app.as("ann").mischief.throwError({ place: "open" }).catch(told));
    expect(lines.every((line) => line.endsWith("\n") && line.indexOf("\n") === line.length - 1)).toBe(true);
    const [line] = lines.map((text) => JSON.parse(text)).filter(({ level }) => level === 50);
    expect(line).toMatchObject({
      msg: "a procedure failed",
      requestId: expect.any(String),
      error: { name: "Error", message: expect.stringContaining("[redacted]@db.internal"), stack: expect.any(String) },
    });
    expect(message).toContain(line.requestId);
    expect(lines.join("")).not.toContain("hunter2");
  });

  test("may be a child, with bindings of its own", () => {
    const { lines, logger } = openPino();
    safeLogger(logger.child({ part: "realtime" })).warn({ topic: "home" }, `told by ${token}`);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      level: 40,
      part: "realtime",
      topic: "home",
      msg: "told by [redacted]",
    });
  });
});

describe("A logger that fails", () => {
  test.each([
    ["by throwing", failing],
    ["by a promise", async () => failing()],
    ["since it has no such method", undefined],
  ])("harms nobody: %s", async (_how, method) => {
    const logger = { info: method, warn: method, error: method } as never;
    await using app = createApp({ logger });
    const ann = app.as("ann").mischief;
    const fault = await refusal(ann.throwError({ place: "open" }).catch(told));
    expect(fault).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(await ann.behave({ place: "open" })).toMatchObject({ ok: true });
  });
});

function failing(): never {
  throw new Error("no space left on the disk of the logs");
}

/** What is told by an error that was not sent over a wire. */
function told({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, message };
}
