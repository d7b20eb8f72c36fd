import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redact } from "../../src/observe/redact.ts";
import { tries } from "../support/seed.ts";

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

describe("A text that is logged has no token:", () => {
  test.each([
    [`Bearer ${jwt}`, "Bearer [redacted]"],
    ["refused bearer abc.def-123", "refused bearer [redacted]"],
    [`the token ${jwt} has expired`, "the token [redacted] has expired"],
    ["GET https://api.example/x?a=1&access_token=abc&b=2", "GET https://api.example/x?a=1&access_token=[redacted]&b=2"],
    ["GET /trpc?connectionParams=%7B%22token%22%3A%22abc%22%7D", "GET /trpc?connectionParams=[redacted]"],
    ['body: {"token":"abc","text":"hello"}', 'body: {"token":"[redacted]","text":"hello"}'],
    ['body: "{\\"api_key\\": \\"abc\\"}"', 'body: "{\\"api_key\\": \\"[redacted]\\"}"'],
    ["Authorization: Basic YW5uOnNlY3JldA==\r\nAccept: */*", "Authorization: [redacted]\r\nAccept: */*"],
    ["cookie: sid=abc; theme=dark", "cookie: [redacted]"],
    ['{"set-cookie":"sid=abc; Path=/"}', '{"set-cookie":"[redacted]"}'],
    ["connect postgres://admin:hunter2@db.internal/shoal", "connect postgres://[redacted]@db.internal/shoal"],
    ["password=hunter2;user=ann", "password=[redacted];user=ann"],
  ])("%s", (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  test("what is no token stays", () => {
    const texts = [
      "Unexpected token } in JSON at position 3",
      "the author and the tokens of a parser",
      "see https://example.com/a?b=c#d and mail ann@example.com",
      "3 passwords were changed",
      'duplicate key value violates unique constraint "users_pkey"',
    ];
    for (const text of texts) expect(redact(text)).toBe(text);
  });

  test("it is the same when it is looked through again", () => {
    const part = fc.constantFrom(
      "token=",
      '"jwt":"',
      jwt,
      "Bearer ",
      "abc",
      " ",
      "\n",
      "https://a:b@c",
      "Cookie: ",
      '"',
      "&",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const shown = redact(parts.join(" "));
        expect(redact(shown)).toBe(shown);
        expect(shown).not.toContain(jwt);
      }),
      tries(300),
    );
  });

  test("a long one is cut, also where a token is cut with it", () => {
    const secret = "q".repeat(200);
    for (const length of [10_000, 16_300, 32_700, 100_000]) {
      const shown = redact(`${"word ".repeat(length / 5)}token=${secret}${" end".repeat(10_000)}`);
      expect(shown.length).toBeLessThan(16_500);
      expect(shown).not.toContain("qqqq");
      expect(shown).toMatch(/… \(\d+ characters\)$/);
    }
  });

  test.each([
    ["letters and points", "a.".repeat(500_000)],
    ["schemes", "a://".repeat(250_000)],
    ["names", "token-".repeat(200_000)],
    ["headers", "cookie:".repeat(150_000)],
    ["the beginnings of tokens", "eyJaaaa.".repeat(150_000)],
    ["one word", "a".repeat(1_000_000)],
  ])("one that is made to hold the server up does not: %s", (_what, text) => {
    expect(redact(text).length).toBeLessThan(16_500);
  });
});
