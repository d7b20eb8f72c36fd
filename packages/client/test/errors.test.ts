import { isRetryable } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { answeredError, unanswered } from "../src/errors.ts";

function shapeOf(data: object | undefined) {
  return { message: "no", code: -32000, data };
}

describe("an error that the server answered with", () => {
  test("has its code and its message, and is the cause as it came", () => {
    const cause = shapeOf({ code: "FORBIDDEN", httpStatus: 403, more: "by the application" });
    expect(answeredError(cause)).toMatchObject({ name: "ShoalError", code: "FORBIDDEN", message: "no", cause });
  });

  test("says that the client is outdated where the server's code for it is tRPC's", () => {
    expect(answeredError(shapeOf({ code: "PRECONDITION_FAILED" })).code).toBe("OUTDATED");
  });

  test.each([
    ["is one that Shoal does not know", shapeOf({ code: "IM_A_TEAPOT" })],
    ["is told by no field of the application's format", shapeOf(undefined)],
    ["is in nothing of tRPC's shape", null],
  ])("is a fault of the server where its code %s", (_why, shape) => {
    expect(answeredError(shape).code).toBe("INTERNAL_SERVER_ERROR");
  });

  test("may tell how long to wait", () => {
    const told = (retryAfterMs: unknown) => answeredError(shapeOf({ code: "TOO_MANY_REQUESTS", retryAfterMs }));
    expect(told(1_500)).toMatchObject({ code: "TOO_MANY_REQUESTS", retryAfterMs: 1_500 });
    for (const odd of [undefined, null, "1500", -1, Number.NaN]) expect(told(odd).retryAfterMs).toBeUndefined();
  });
});

test("a request that nobody answered may be tried again", () => {
  expect(isRetryable(unanswered(undefined).code)).toBe(true);
});
