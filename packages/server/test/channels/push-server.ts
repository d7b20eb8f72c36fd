import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Recorder } from "../support/recorder.ts";

/** What a browser was pushed, as its service worker gets it. */
export interface Pushed {
  readonly payload: unknown;
  readonly headers: IncomingHttpHeaders;
}

interface PushAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser that has subscribed with a push service, with what was pushed to it. */
export interface PushBrowser {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  readonly pushed: Recorder<Pushed>;
  /** How often something was sent to it, whatever was answered. */
  tries: number;
  /** What the push service answers. */
  answer: PushAnswer | "nothing";
}

/** A pair of keys by which an application is known to push services, as base64url. */
export function vapidKeys() {
  const pair = createECDH("prime256v1");
  pair.generateKeys();
  return { publicKey: pair.getPublicKey("base64url"), privateKey: pair.getPrivateKey("base64url").padStart(43, "A") };
}

/** A push service (RFC 8030) that takes what the application signed (RFC 8292), and decrypts it as the browser does (RFC 8291). */
export async function openPushServer(publicKey: string) {
  const browsers = new Map<string, PushBrowser & { readonly open: (body: Buffer) => unknown }>();
  const refused: unknown[] = [];
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const browser = browsers.get(request.url ?? "");
      const body = await buffer(request);
      if (!browser) return void response.writeHead(404).end();
      browser.tries += 1;
      const { answer } = browser;
      if (answer === "nothing") return;
      checkSignature(request, origin, publicKey);
      if (request.method !== "POST" || request.headers["content-encoding"] !== "aes128gcm")
        throw new Error("It is no message.");
      const payload = browser.open(body);
      response.writeHead(answer.status, { "content-length": 0, ...answer.headers }).end();
      if (answer.status < 300) browser.pushed.push({ payload, headers: request.headers });
    };
    serve().catch((error: unknown) => {
      refused.push(error);
      response.writeHead(400).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    /** What it did not take since it was not as the standards say. */
    refused,
    subscribe(): PushBrowser {
      const pair = createECDH("prime256v1");
      pair.generateKeys();
      const auth = randomBytes(16);
      const path = `/push/${browsers.size + 1}`;
      const browser = {
        endpoint: `${origin}${path}`,
        keys: { p256dh: pair.getPublicKey("base64url"), auth: auth.toString("base64url") },
        pushed: new Recorder<Pushed>(),
        tries: 0,
        answer: { status: 201 },
        open: (body: Buffer) => JSON.parse(decrypt(body, pair, auth)),
      };
      browsers.set(path, browser);
      return browser;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function checkSignature({ headers }: IncomingMessage, origin: string, publicKey: string): void {
  const [, token = "", key] = /^vapid t=([^,]+), ?k=([^,]+)$/.exec(headers.authorization ?? "") ?? [];
  const [head = "", claims = "", signature = ""] = token.split(".");
  const point = Buffer.from(key ?? "", "base64url");
  const [x, y] = [point.toString("base64url", 1, 33), point.toString("base64url", 33)];
  const jwk = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  const isSigned = verify(
    "sha256",
    Buffer.from(`${head}.${claims}`),
    { key: jwk, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const leftSeconds = exp - Date.now() / 1_000;
  const isGood = aud === origin && leftSeconds > 0 && leftSeconds <= 86_400 && sub === "mailto:ops@example.com";
  if (!isSigned || key !== publicKey || !isGood) throw new Error("The application is not who it says it is.");
}

function decrypt(body: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const sender = body.subarray(21, 21 + body.readUInt8(20));
  const sealed = body.subarray(21 + sender.length);
  const derive = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number) =>
    Buffer.from(hkdfSync("sha256", secret, salt, info, length));
  const about = Buffer.concat([Buffer.from("WebPush: info\0"), browser.getPublicKey(), sender]);
  const secret = derive(browser.computeSecret(sender), auth, about, 32);
  const key = derive(secret, salt, "Content-Encoding: aes128gcm\0", 16);
  const decipher = createDecipheriv("aes-128-gcm", key, derive(secret, salt, "Content-Encoding: nonce\0", 12));
  decipher.setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return padded.subarray(0, padded.lastIndexOf(2)).toString();
}
