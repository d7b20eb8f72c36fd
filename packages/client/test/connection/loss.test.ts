import { ShoalError } from "@shoal/contract";
import { describe, expect, test } from "vitest";
import { lossOf } from "../../src/connection/loss.ts";

const told = (code: "UNAUTHORIZED" | "FORBIDDEN" | "TOO_MANY_REQUESTS" | "BAD_REQUEST", retryAfterMs?: number) =>
  new ShoalError(code, "as the server says", { retryAfterMs });

describe("The end of a socket", () => {
  test.each([
    [4000, "final", "BAD_REQUEST"],
    [4001, "unauthorized", "UNAUTHORIZED"],
    [4003, "final", "FORBIDDEN"],
    [1001, "retry", "SERVICE_UNAVAILABLE"],
    [1006, "retry", "SERVICE_UNAVAILABLE"],
    [1011, "retry", "SERVICE_UNAVAILABLE"],
    [1013, "retry", "SERVICE_UNAVAILABLE"],
    [4008, "retry", "SERVICE_UNAVAILABLE"],
    [4012, "retry", "SERVICE_UNAVAILABLE"],
    [undefined, "retry", "SERVICE_UNAVAILABLE"],
  ])("with %s is %s, as %s", (code, kind, errorCode) => {
    expect(lossOf({ code, told: undefined, answered: true })).toMatchObject({ kind, error: { code: errorCode } });
  });

  test("has the server's words where they are about it", () => {
    const refused = lossOf({ code: 4003, told: told("FORBIDDEN"), answered: true });
    expect(refused).toMatchObject({ kind: "final", error: { message: "as the server says" } });
    const other = lossOf({ code: 4003, told: told("BAD_REQUEST"), answered: true });
    expect(other).toMatchObject({ kind: "final", error: { code: "FORBIDDEN" } });
  });

  test("tells for how long the server wants no other", () => {
    const loss = lossOf({ code: 1013, told: told("TOO_MANY_REQUESTS", 2_000), answered: true });
    expect(loss).toMatchObject({ kind: "retry", error: { code: "TOO_MANY_REQUESTS", retryAfterMs: 2_000 } });
  });

  test.each([
    ["UNAUTHORIZED", "unauthorized"],
    ["FORBIDDEN", "final"],
    ["TOO_MANY_REQUESTS", "retry"],
  ] as const)("after %s, and no answer before it, is %s", (code, kind) => {
    expect(lossOf({ code: undefined, told: told(code), answered: false }).kind).toBe(kind);
  });

  test("after a refusal that was told to a user whom the server had taken is worth another try", () => {
    expect(lossOf({ code: 1006, told: told("FORBIDDEN"), answered: true }).kind).toBe("retry");
  });
});
