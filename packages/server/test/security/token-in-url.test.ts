import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { refusalOfToken, tokenInUrl } from "../../src/security/token-in-url.ts";
import { tries } from "../support/seed.ts";

const token = "s3cr3t";

describe("A token in a URL", () => {
  test.each([
    ["/trpc?token=s3cr3t", "token"],
    ["/trpc?a=1&Access_Token=s3cr3t", "Access_Token"],
    ["/trpc?batch=1&input=%7B%7D&access-token=s3cr3t", "access-token"],
    ["/trpc?%74oken=s3cr3t", "token"],
    ["/trpc?auth=s3cr3t", "auth"],
    ["/trpc?authorization=Bearer+s3cr3t", "authorization"],
    ["/trpc?api_key=s3cr3t", "api_key"],
    ["/trpc?apiKey=s3cr3t", "apiKey"],
    ["/trpc?jwt=s3cr3t", "jwt"],
    ["/trpc?client_secret=s3cr3t", "client_secret"],
    ["/trpc?session_id=s3cr3t", "session_id"],
    ["/trpc?password=s3cr3t", "password"],
    ["/trpc?token", "token"],
    ["/trpc?token=", "token"],
    ["/trpc?connectionParams=1&token=s3cr3t", "token"],
    ["/trpc?connectionParams=%7B%22token%22%3A%22s3cr3t%22%7D", "connectionParams"],
    ["/trpc?connectionParams=1&connectionParams=s3cr3t", "connectionParams"],
    ["/trpc?connectionParams=11", "connectionParams"],
    ["/trpc?%zz=1&token=s3cr3t", "token"],
  ])("is found, and its value is not told: %s", (url, name) => {
    expect(tokenInUrl(url)).toBe(name);
    expect(refusalOfToken(name)).toContain(`"${name}"`);
    expect(refusalOfToken(name)).toContain('"authorization"');
  });

  test("is found wherever it stands, and only there", () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => tokenInUrl(`/?${name}=1`) === undefined);
    const pairs = fc.array(fc.tuple(word, fc.string()));
    fc.assert(
      fc.property(pairs, pairs, (before, after) => {
        const query = (list: readonly (readonly [string, string])[]) =>
          list.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
        expect(tokenInUrl(`/trpc?${[...query(before), ...query(after)].join("&")}`)).toBeUndefined();
        expect(tokenInUrl(`/trpc?${[...query(before), `token=${token}`, ...query(after)].join("&")}`)).toBe("token");
      }),
      tries(200),
    );
  });
});

test.each([
  undefined,
  "",
  "/",
  "/trpc",
  "/trpc?",
  "/trpc?connectionParams=1",
  "/trpc/token.create?batch=1&input=%7B%22token%22%3A%22x%22%7D",
  "/trpc/posts.list?input=token%3D1&lastEventId=a:1:all",
  "/trpc?tokens=5&author=ann&signal=1",
])("There is none in %s", (url) => {
  expect(tokenInUrl(url)).toBeUndefined();
});
