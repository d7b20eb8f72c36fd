import { createECDH, ECDH } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import { ShoalError } from "@shoal/contract";
import library from "web-push";
import { lookupPublic, mayBePublic } from "./public-address.ts";
import type { PushService, PushTarget } from "./push-service.ts";
import { Undeliverable } from "./undeliverable.ts";

export type { PushMessage, PushService, PushTarget } from "./push-service.ts";

/** How the application signs what it pushes (VAPID, RFC 8292). `npx web-push generate-vapid-keys` makes a pair of keys. */
export interface WebPushOptions {
  /** Whom a push service asks when something is wrong: a `mailto:` or an https address. */
  readonly subject: string;
  /** 65 bytes as base64url. Browsers subscribe with it: with another one their subscriptions are worth nothing. */
  readonly publicKey: string;
  /** 32 bytes as base64url. */
  readonly privateKey: string;
  /**
   * Whether endpoints may also be http, and lie in private networks or on this machine: for a push service in a test. A browser names
   * its endpoint itself, so elsewhere anybody could have the server call what only the server reaches.
   * @default false
   */
  readonly privateEndpoints?: boolean;
}

/** How long a connection may be silent, in milliseconds. */
const silenceMs = 30_000;

/** A longer answer is not read to its end, so that its connection is not used again. */
const mostAnswerBytes = 1_024;

/**
 * Pushes notifications to browsers (RFC 8030), encrypted for them (RFC 8291).
 *
 * @throws {ShoalError} `BAD_REQUEST` when the keys are no pair, or the subject is no address
 */
export function webPush({ subject, publicKey, privateKey, privateEndpoints = false }: WebPushOptions): PushService {
  checkVapid({ subject, publicKey, privateKey });
  const guard = privateEndpoints ? {} : { lookup: lookupPublic };
  const agents = {
    "https:": { request: https.request, agent: new https.Agent({ keepAlive: true, ...guard }) },
    "http:": { request: http.request, agent: new http.Agent({ keepAlive: true }) },
  };
  const isUsable = (endpoint: string): boolean => {
    const url = URL.parse(endpoint);
    if (url?.username !== "" || url.password !== "") return false;
    if (privateEndpoints) return url.protocol === "https:" || url.protocol === "http:";
    return url.protocol === "https:" && mayBePublic(url);
  };
  return {
    publicKey,
    check({ endpoint, keys }) {
      if (!isUsable(endpoint)) return "endpoint";
      return isKey(keys.p256dh) ? undefined : "keys";
    },
    async send(target, { payload, ttlSeconds, urgency, topic }, signal) {
      if (!isUsable(target.endpoint)) throw new Undeliverable("The endpoint is not one of a push service.");
      const { headers, body, method } = library.generateRequestDetails(target, payload, {
        vapidDetails: { subject, publicKey, privateKey },
        TTL: ttlSeconds,
        urgency,
        ...(topic !== undefined && { topic }),
      });
      const url = new URL(target.endpoint);
      const { request, agent } = agents[url.protocol as keyof typeof agents];
      const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
        const sent = request(url, { agent, method, headers, signal }, resolve);
        sent.setTimeout(silenceMs, () => sent.destroy(new Error("The push service is silent.")));
        sent.on("error", reject);
        sent.end(body);
      });
      letGo(answer);
      judge(answer, url);
    },
  };
}

function letGo(answer: http.IncomingMessage): void {
  const { "content-length": length } = answer.headers;
  answer.on("error", () => {});
  if (Number(length ?? Number.NaN) <= mostAnswerBytes) answer.resume();
  else answer.destroy();
}

/**
 * @throws {Undeliverable} when the push service has forgotten the browser
 * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when it did not take the message, with when to try again, if it said so
 */
function judge({ statusCode = 0, headers }: http.IncomingMessage, { host }: URL): void {
  if (statusCode >= 200 && statusCode < 300) return;
  if (statusCode === 404 || statusCode === 410) throw new Undeliverable("The push service knows the browser no more.");
  const message = `The push service ${host} answered ${statusCode}.`;
  throw new ShoalError("INTERNAL_SERVER_ERROR", message, { retryAfterMs: toMilliseconds(headers["retry-after"]) });
}

/** A `Retry-After`, in seconds or as a date. */
function toMilliseconds(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Whether it is a point of the curve: nothing can be encrypted for another. */
function isKey(p256dh: PushTarget["keys"]["p256dh"]): boolean {
  try {
    ECDH.convertKey(p256dh, "prime256v1", "base64url");
    return true;
  } catch {
    return false;
  }
}

function checkVapid({ subject, publicKey, privateKey }: WebPushOptions): void {
  if (!/^(mailto:.+@|https:\/\/)/.test(subject)) {
    throw new ShoalError("BAD_REQUEST", "The `subject` of web push must be a mailto: or an https address.");
  }
  const pair = createECDH("prime256v1");
  try {
    pair.setPrivateKey(privateKey, "base64url");
  } catch (cause) {
    throw new ShoalError("BAD_REQUEST", "The `privateKey` of web push must be 32 bytes as base64url.", { cause });
  }
  if (pair.getPublicKey("base64url") !== publicKey) {
    throw new ShoalError("BAD_REQUEST", "The `publicKey` of web push does not go with its `privateKey`.");
  }
}
