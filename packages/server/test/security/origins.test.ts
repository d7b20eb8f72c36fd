import { describe, expect, test } from "vitest";
import { Origins } from "../../src/security/origins.ts";
import { type StartedApp, startApp } from "../support/app.ts";
import { upgrade } from "../support/upgrade.ts";

const host = "api.example.com";
const verdict = (headers: Record<string, string>, options: ConstructorParameters<typeof Origins>[0] = {}) =>
  new Origins(options).verdictOf({ host, ...headers });

const passes = { allowed: true, origin: undefined };
const named = { origins: ["https://app.example.com", "http://localhost:5173"] };

describe("A page of the host itself", () => {
  test.each([
    ["https://api.example.com", "api.example.com"],
    ["http://api.example.com", "api.example.com"],
    ["https://api.example.com", "api.example.com:443"],
    ["https://API.example.com", "api.EXAMPLE.com"],
    ["http://localhost:4400", "localhost:4400"],
    ["http://[::1]:4400", "[::1]:4400"],
  ])("may use it: %s of %s", (origin, asked) => {
    expect(verdict({ origin, host: asked })).toEqual(passes);
  });

  test.each(["same-origin", "none"])("may use it without its name, when the browser calls it %s", (site) => {
    expect(verdict({ "sec-fetch-site": site })).toEqual(passes);
  });
});

test("Who is no browser may use it, with a cookie, too", () => {
  expect(verdict({})).toEqual(passes);
  expect(verdict({ cookie: "session=1" })).toEqual(passes);
});

describe("A page elsewhere", () => {
  test.each([
    "https://evil.example",
    "https://example.com",
    "https://api.example.com.evil.example",
    "https://evil.example#api.example.com",
    "http://api.example.com:8080",
    "https://app.example.com",
    "null",
    "file://",
    "nonsense",
    "",
  ])("may not, and hears of the option: %s", (origin) => {
    expect(verdict({ origin })).toEqual({ allowed: false, why: expect.stringContaining('option "origins"') });
  });

  test.each(["cross-site", "same-site"])("may not, though nobody says which one it is: %s", (site) => {
    expect(verdict({ "sec-fetch-site": site })).toEqual({ allowed: false, why: expect.stringContaining('"origins"') });
    expect(verdict({ "sec-fetch-site": site }, { origins: () => true })).toMatchObject({ allowed: false });
  });

  test("may when it is named, to the letter", () => {
    for (const origin of named.origins) expect(verdict({ origin }, named)).toEqual({ allowed: true, origin });
    for (const origin of ["http://app.example.com", "https://app.example.com:8443", "https://a.app.example.com"]) {
      expect(verdict({ origin }, named)).toMatchObject({ allowed: false });
    }
  });

  test("may when the application's function says so", () => {
    const origins = (origin: string) => origin.endsWith(".example.com");
    expect(verdict({ origin: "https://a.example.com" }, { origins })).toMatchObject({ allowed: true });
    expect(verdict({ origin: "https://a.example.org" }, { origins })).toMatchObject({ allowed: false });
  });

  test("is told in few words, whatever it sent", () => {
    const result = verdict({ origin: `https://${'"<script>'.repeat(1_000)}` });
    expect(result).toMatchObject({ allowed: false, why: expect.not.stringContaining('"<script>"<script>') });
    expect("why" in result && result.why.length).toBeLessThan(800);
  });
});

describe("Behind a proxy", () => {
  const request = { origin: "https://app.example.com", host: "10.0.0.7:3000", "x-forwarded-host": "app.example.com" };

  test("the host that was asked is what the proxy says, where it is trusted", () => {
    expect(verdict(request, { trustProxy: true })).toEqual(passes);
    expect(verdict({ ...request, "x-forwarded-host": "app.example.com, inner" }, { trustProxy: true })).toEqual(passes);
  });

  test("it is not, where it is not trusted", () => {
    expect(verdict(request)).toMatchObject({ allowed: false, why: expect.stringContaining('"10.0.0.7:3000"') });
  });
});

test.each(["https://app.example.com/", "app.example.com", "https://*.example.com", "*", "null", ""])(
  "What is no origin cannot be named: %s",
  (origin) => {
    expect(() => new Origins({ origins: [origin] })).toThrow(`"${origin}" is no origin.`);
  },
);

describe("The log", () => {
  const refused = (app: Pick<StartedApp, "logged">) =>
    app.logged.items.filter(({ message }) => message === "a web page was refused").map(({ fields }) => fields.why);

  test("says once which page was refused, over HTTP and WebSocket, and how it may be allowed", async () => {
    await using app = await startApp();
    for (let times = 0; times < 2; times += 1) {
      await upgrade(app.webSocketUrl, { origin: "http://localhost:5173" });
      const headers = { origin: "http://localhost:5173" };
      await (await fetch(`${app.url}/realtime.counter.limit`, { headers })).text();
    }
    const own = `localhost:${app.handle.port}`;
    expect(refused(app)).toEqual([
      `Pages of "http://localhost:5173" may not use this API, which is at "${own}". Allow their origin by the server's option "origins".`,
    ]);
  });

  test("is not filled by who names one origin after the other", async () => {
    await using app = await startApp();
    for (let port = 1; port <= 30; port += 1) {
      await upgrade(app.webSocketUrl, { origin: `http://localhost:${port}` });
    }
    expect(refused(app)).toHaveLength(20);
  });
});
