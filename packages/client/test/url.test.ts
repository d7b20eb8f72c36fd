import { describe, expect, test } from "vitest";
import { socketUrl } from "../src/url.ts";

describe("the address of the socket", () => {
  test.each([
    ["http://localhost:4400/trpc", undefined, "ws://localhost:4400/trpc"],
    ["https://example.org/trpc?v=2", undefined, "wss://example.org/trpc?v=2"],
    ["ws://localhost:4400/trpc", undefined, "ws://localhost:4400/trpc"],
    ["wss://example.org/trpc", "http://other.org/", "wss://example.org/trpc"],
    ["/trpc", "https://example.org/shop/cart", "wss://example.org/trpc"],
    ["trpc", "http://localhost:5173/", "ws://localhost:5173/trpc"],
  ])("of %s on the page %s is %s", (url, page, expected) => {
    expect(socketUrl(url, page)).toBe(expected);
  });

  test.each([["/trpc"], ["ftp://example.org"], [""]])("cannot be made of %j without a page", (url) => {
    expect(() => socketUrl(url, undefined)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});
