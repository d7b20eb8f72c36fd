import { type ErrorCode, errorCodes, ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { describe, expect, test } from "vitest";
import { errorDetailsOf } from "../src/error-details.ts";
import { toTRPCError } from "../src/errors.ts";
import { quiet } from "./support/quiet.ts";

const throwing = {
  get(): never {
    throw new Error("inside");
  },
};

const others: Partial<Record<ErrorCode, string>> = { CLOSED: "SERVICE_UNAVAILABLE", OUTDATED: "PRECONDITION_FAILED" };
const inTRPC = (code: ErrorCode) => others[code] ?? code;

describe("An error that leaves the server", () => {
  test("has a code that tRPC knows", () => {
    expect(errorCodes.map(inTRPC).filter((code) => !Object.hasOwn(TRPC_ERROR_CODES_BY_KEY, code))).toEqual([]);
  });

  test.each(errorCodes.filter((code) => code !== "INTERNAL_SERVER_ERROR"))(
    "keeps its code and message, and loses its cause: %s",
    (code) => {
      const error = toTRPCError(new ShoalError(code, "What happened.", { cause: new Error("inside") }), quiet);
      expect(error).toBeInstanceOf(TRPCError);
      expect(error).toMatchObject({ code: inTRPC(code), message: "What happened." });
      expect(error.cause).toBeUndefined();
    },
  );

  test("is the application's own if it is one of tRPC, but for its stack and its cause", () => {
    class Own extends TRPCError {
      readonly hint = "pour";
    }
    const cause = new Error("inside");
    const own = new Own({ code: "TEAPOT" as never, message: "Short and stout.", cause });
    const logged: object[] = [];
    const error = toTRPCError(own, { ...quiet, info: (fields) => logged.push(fields) });
    expect(error).toBeInstanceOf(Own);
    expect(error).toMatchObject({ code: "TEAPOT", message: "Short and stout.", hint: "pour" });
    expect([error.stack, error.cause]).toEqual([undefined, undefined]);
    expect(own.cause).toBe(cause);
    expect(logged).toEqual([{ error: own }]);
  });

  test("says its code where tRPC took the message from the cause", () => {
    const own = new TRPCError({ code: "CONFLICT", cause: new Error("inside") });
    expect(toTRPCError(own, quiet).message).toBe("CONFLICT");
  });

  test.each([
    ["a fault that the application named so", new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "the inside" })],
    ["a fault of Shoal", new ShoalError("INTERNAL_SERVER_ERROR", "the inside")],
    ["any other error", new TypeError("the inside")],
    ["a text", "the inside"],
    ["nothing", undefined],
    ["an error without a prototype", Object.assign(Object.create(null) as object, { message: "the inside" })],
  ])("tells nothing but an id under which it is logged: %s", (_what, thrown) => {
    const logged: { readonly error?: unknown; readonly requestId?: string }[] = [];
    const error = toTRPCError(thrown, { ...quiet, error: (fields) => logged.push(fields) });
    expect(error.code).toBe("INTERNAL_SERVER_ERROR");
    expect(error.message).not.toContain("inside");
    expect(error.cause).toBeUndefined();
    expect(error.stack).toBeUndefined();
    expect(logged).toEqual([{ error: thrown, requestId: expect.any(String) }]);
    expect(errorDetailsOf(error)).toEqual({ requestId: logged[0]?.requestId });
    expect(error.message).toContain(logged[0]?.requestId);
  });

  test.each([
    ["whose message throws", Object.defineProperty(new ShoalError("FORBIDDEN", ""), "message", throwing)],
    ["whose code throws", Object.defineProperty(new TRPCError({ code: "FORBIDDEN" }), "code", throwing)],
    ["that hides what it is", new Proxy(new Error("inside"), { getPrototypeOf: throwing.get })],
  ])("is a fault where it is one %s", (_what, thrown) => {
    const error = toTRPCError(thrown, quiet);
    expect(error).toMatchObject({
      code: "INTERNAL_SERVER_ERROR",
      message: expect.stringContaining("Its log says more"),
    });
  });

  test("stays as it is when it leaves again", () => {
    const error = toTRPCError(new Error("inside"), quiet);
    expect(toTRPCError(error, quiet)).toBe(error);
    const refused = toTRPCError(new TRPCError({ code: "FORBIDDEN" }), quiet);
    expect(toTRPCError(refused, quiet)).toBe(refused);
  });

  test("says when to try again, where that is known", () => {
    const error = toTRPCError(new ShoalError("TOO_MANY_REQUESTS", "Later.", { retryAfterMs: 1_500 }), quiet);
    expect(errorDetailsOf(error)).toEqual({ retryAfterMs: 1_500 });
  });

  test("is short", () => {
    const { message } = toTRPCError(new ShoalError("BAD_REQUEST", "x".repeat(1_000_000)), quiet);
    expect(message.length).toBeLessThan(2_100);
  });
});
