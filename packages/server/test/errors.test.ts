import { type ErrorCode, errorCodes, ShoalError } from "@shoal/contract";
import { TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { describe, expect, test } from "vitest";
import { toTRPCError } from "../src/errors.ts";
import { quiet } from "./support/quiet.ts";

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

  test("is the application's own if it is one of tRPC", () => {
    const own = new TRPCError({ code: "TEAPOT" as never, message: "Short and stout." });
    expect(toTRPCError(own, quiet)).toBe(own);
  });

  test.each([
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
    expect(logged).toEqual([{ error: thrown, requestId: expect.any(String) }]);
    expect(error.message).toContain(logged[0]?.requestId);
  });
});
