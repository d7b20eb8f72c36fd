import { errorCodes, isRetryable, ShoalError } from "@shoal/contract";
import { describe, expect, test } from "vitest";

describe("A Shoal error", () => {
  test("carries a code, a message and what caused it", () => {
    const cause = new Error("the disk is full");
    const error = new ShoalError("SERVICE_UNAVAILABLE", "Try again later.", { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: "ShoalError",
      code: "SERVICE_UNAVAILABLE",
      message: "Try again later.",
      cause,
    });
  });

  test("tells when to try again, where that is known", () => {
    expect(new ShoalError("TOO_MANY_REQUESTS", "Later.", { retryAfterMs: 1_500 }).retryAfterMs).toBe(1_500);
    expect(new ShoalError("TOO_MANY_REQUESTS", "Later.").retryAfterMs).toBeUndefined();
  });

  test("may be sent again only when nobody has to change anything for it to succeed", () => {
    expect(errorCodes.filter(isRetryable)).toEqual(["TOO_MANY_REQUESTS", "TIMEOUT", "SERVICE_UNAVAILABLE"]);
  });

  test("has no code twice", () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length);
  });
});
