import { once } from "node:events";
import { createServer } from "node:net";
import { type PushMessage, webPush } from "@shoal/server/web-push";
import { describe, expect, test } from "vitest";
import { isPublicAddress, lookupPublic } from "../../src/channels/public-address.ts";
import { maxPayloadBytes, toPayload } from "../../src/channels/push-payload.ts";
import { inTime } from "../support/recorder.ts";
import { openPushServer, vapidKeys } from "./push-server.ts";

const subject = "mailto:ops@example.com";
const keys = vapidKeys();
const message: PushMessage = { payload: '{"title":"Hi ☃"}', ttlSeconds: 60, urgency: "high", topic: "abc" };
const never = new AbortController().signal;
const reach = () => webPush({ ...keys, subject, privateEndpoints: true });

describe("What is pushed", () => {
  test("is signed, and only the browser can read it", async () => {
    await using server = await openPushServer(keys.publicKey);
    const browser = server.subscribe();
    await reach().send(browser, message, never);
    expect(server.refused).toEqual([]);
    expect(browser.pushed.items).toMatchObject([
      { payload: { title: "Hi ☃" }, headers: { ttl: "60", urgency: "high", topic: "abc" } },
    ]);
  });

  test("to a browser that is known no more is given up", async () => {
    await using server = await openPushServer(keys.publicKey);
    const browser = server.subscribe();
    for (const status of [404, 410]) {
      browser.answer = { status };
      await expect(reach().send(browser, message, never)).rejects.toMatchObject({ name: "Undeliverable" });
    }
  });

  test("and not taken is to be tried again when the push service says so", async () => {
    await using server = await openPushServer(keys.publicKey);
    const browser = server.subscribe();
    browser.answer = { status: 429, headers: { "retry-after": "120" } };
    await expect(reach().send(browser, message, never)).rejects.toMatchObject({ retryAfterMs: 120_000 });
    browser.answer = { status: 503, headers: { "retry-after": new Date(Date.now() + 90_000).toUTCString() } };
    const later = await reach()
      .send(browser, message, never)
      .catch((error) => error);
    expect(later.retryAfterMs).toBeGreaterThan(80_000);
    expect(later.retryAfterMs).toBeLessThanOrEqual(90_000);
    browser.answer = { status: 500, headers: { "retry-after": "soon" } };
    await expect(reach().send(browser, message, never)).rejects.toMatchObject({ retryAfterMs: undefined });
  });

  test("ends with its signal where the push service does not answer, and nothing stays open", async () => {
    await using server = await openPushServer(keys.publicKey);
    const browser = server.subscribe();
    browser.answer = "nothing";
    const ending = new AbortController();
    const sent = reach().send(browser, message, ending.signal);
    ending.abort();
    await expect(inTime(sent, "its end")).rejects.toMatchObject({ name: "AbortError" });
  });

  test("is not hindered by an answer without an end", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {}).resume();
      socket.write("HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const closed = once(server, "connection").then(([socket]) => once(socket, "close"));
    const { port } = server.address() as { port: number };
    await using other = await openPushServer(keys.publicKey);
    const browser = { ...other.subscribe(), endpoint: `http://127.0.0.1:${port}/` };
    await reach().send(browser, message, never);
    await inTime(closed, "the end of the connection");
    server.close();
  });
});

describe("An endpoint", () => {
  const push = webPush({ ...keys, subject });
  const browser = { keys: { p256dh: vapidKeys().publicKey, auth: "A".repeat(22) } };

  test.each([
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://push.example.com/a",
    "https://user:secret@push.example.com/a",
    "https://localhost/a",
    "https://localhost./a",
    "https://redis/a",
    "https://vault.internal/a",
    "https://127.0.0.1/a",
    "https://2130706433/a",
    "https://0x7f.1/a",
    "https://10.1/a",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/a",
    "https://[::1]/a",
    "https://[::ffff:192.168.0.1]/a",
    "https://[fd00::1]/a",
    "https://[fe80::1]/a",
    "https://[64:ff9b::7f00:1]/a",
    "https://[2002:7f00:1::]/a",
    "no address",
  ])("that is %s is refused, and nothing is sent there", async (endpoint) => {
    expect(push.check({ ...browser, endpoint })).toBe("endpoint");
    const sent = push.send({ ...browser, endpoint }, message, never);
    await expect(sent).rejects.toMatchObject({ name: "Undeliverable" });
  });

  test("of a push service is taken", () => {
    for (const endpoint of [
      "https://fcm.googleapis.com/fcm/send/a:b",
      "https://updates.push.services.mozilla.com/wpush/v2/a",
      "https://web.push.apple.com/a",
      "https://8.8.8.8:8443/a",
      "https://[2606:4700:4700::1111]/a",
    ])
      expect(push.check({ ...browser, endpoint })).toBeUndefined();
  });

  test.each([true, false])("whose name leads to this machine gets no connection (all addresses: %s)", async (all) => {
    const looked = new Promise((resolve) => lookupPublic("localhost", { all }, resolve));
    expect(await inTime(looked, "the look")).toMatchObject({ name: "Undeliverable" });
  });

  test("with a key that is no point of the curve is refused", () => {
    const endpoint = "https://push.example.com/a";
    expect(push.check({ endpoint, keys: { ...browser.keys, p256dh: `B${"A".repeat(86)}` } })).toBe("keys");
  });
});

test("Addresses in public are told from all others", () => {
  for (const address of ["1.1.1.1", "172.32.0.1", "2a00:1450:4001:81b::200e"])
    expect(isPublicAddress(address)).toBe(true);
  for (const address of ["172.31.0.1", "0.0.0.0", "255.255.255.255", "::", "::7f00:1", "ff02::1", "x"])
    expect(isPublicAddress(address)).toBe(false);
});

describe("Keys", () => {
  test("that are no pair, or a subject that is no address, are refused at once", () => {
    const { publicKey } = vapidKeys();
    expect(() => webPush({ ...keys, subject, publicKey })).toThrow("does not go with");
    expect(() => webPush({ ...keys, subject, privateKey: "AAAA" })).toThrow("32 bytes");
    expect(() => webPush({ ...keys, subject: "ops" })).toThrow("mailto:");
  });
});

test("A payload always fits, and loses its icon, then its text, before its title", () => {
  const address = (length: number) => `https://example.com/${"a".repeat(length)}`;
  const base = { id: "i".repeat(128), kind: "mention", title: "Ada", body: "Hello" };
  expect(JSON.parse(toPayload({ ...base, icon: "/a.png", url: "/b" }))).toEqual({ ...base, icon: "/a.png", url: "/b" });
  expect(JSON.parse(toPayload({ ...base, icon: address(4_000), url: "/b" }))).toEqual({ ...base, url: "/b" });
  const long = toPayload({ ...base, title: "☃".repeat(5_000), body: "\0".repeat(9_000), url: address(4_000) });
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(maxPayloadBytes);
  expect(JSON.parse(long).title).toBe(`${"☃".repeat(99)}…`);
  const wordy = JSON.parse(toPayload({ ...base, body: "𝄞".repeat(2_000), url: "/b" }));
  expect(wordy).toEqual({ ...base, body: `${"𝄞".repeat(399)}…`, url: "/b" });
});
