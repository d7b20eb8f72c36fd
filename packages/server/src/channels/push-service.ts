/** Where a browser gets what is pushed: what `toJSON()` of its `PushSubscription` gives. */
export interface PushTarget {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

export interface PushMessage {
  /** What the service worker gets: {@link PushPayload} as JSON. */
  readonly payload: string;
  /** How long the push service keeps it for a browser that is away, in seconds. */
  readonly ttlSeconds: number;
  readonly urgency: "normal" | "high";
  /** It takes the place of the message with the same topic that waits there: 1 to 32 letters, digits, - and _. */
  readonly topic: string | undefined;
}

/** How notifications are pushed. Made by `webPush` of `@shoal/server/web-push`. */
export interface PushService {
  /** The key with which browsers subscribe. */
  readonly publicKey: string;
  /** Whether something can be sent there: an https address in public, and a key that is one. Pure. */
  check(target: PushTarget): "endpoint" | "keys" | undefined;
  /**
   * @throws {Undeliverable} when the browser does not take it any more, and any other error when it is to be tried again
   */
  send(target: PushTarget, message: PushMessage, signal: AbortSignal): Promise<void>;
}
