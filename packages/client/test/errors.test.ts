import { isRetryable, ShoalError } from "@shoal/contract";
import { TRPCClientError } from "@trpc/client";
import { describe, expect, test } from "vitest";
import { toShoalError } from "../src/errors.ts";

function answered(code: string): TRPCClientError<never> {
  return TRPCClientError.from({ error: { message: "no", code: -32000, data: { code, httpStatus: 400 } } });
}

describe("an error of a request", () => {
  test("has the code and the message that the server answered with", () => {
    const cause = answered("FORBIDDEN");
    expect(toShoalError(cause)).toMatchObject({ name: "ShoalError", code: "FORBIDDEN", message: "no", cause });
  });

  test("says that the client is outdated where the server's code for it is tRPC's", () => {
    expect(toShoalError(answered("PRECONDITION_FAILED")).code).toBe("OUTDATED");
  });

  test("is a fault of the server where Shoal does not know the code", () => {
    expect(toShoalError(answered("IM_A_TEAPOT")).code).toBe("INTERNAL_SERVER_ERROR");
  });

  test("is a fault of the server where its error format tells no code", () => {
    expect(toShoalError(TRPCClientError.from({ error: { message: "no", code: -32000 } })).code).toBe(
      "INTERNAL_SERVER_ERROR",
    );
  });

  test.each([
    ["the connection closed", TRPCClientError.from(new Error("WebSocket closed"))],
    ["something else was thrown", new Error("odd")],
  ])("may be tried again when nobody answered, because %s", (_why, cause) => {
    const error = toShoalError(cause);
    expect(error).toMatchObject({ code: "SERVICE_UNAVAILABLE", cause });
    expect(isRetryable(error.code)).toBe(true);
  });

  test("stays as it is when it is one of Shoal's", () => {
    const error = new ShoalError("CLOSED", "closed");
    expect(toShoalError(error)).toBe(error);
  });
});
