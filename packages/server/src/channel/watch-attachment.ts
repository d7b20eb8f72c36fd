import type { Position, SnapshotReason } from "@shoal/contract";
import type { AudienceFeed } from "./audience-feed.ts";
import type { AudienceName } from "./cut.ts";
import type { Attachment, FrameSink } from "./frame-sink.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { Held } from "./topics.ts";

/** What a `watch` has of its topic, and gives back in the other order. Every subscriber has one, so it has no closures. */
export class WatchAttachment implements Attachment {
  readonly #held: Held;
  readonly #sink: FrameSink;
  #live: LiveTopic | undefined;
  #feed: AudienceFeed | undefined;
  /** Ends the membership, where the watch makes one. */
  leavePresence: (() => void) | undefined;

  constructor(held: Held, sink: FrameSink) {
    this.#held = held;
    this.#sink = sink;
  }

  async join(live: LiveTopic, position: Position | null, audience: AudienceName): Promise<void> {
    this.#live = live;
    this.#feed = await live.join(this.#sink, position, audience);
  }

  resync(reason?: SnapshotReason): void {
    this.#live?.resync(this.#sink, reason);
  }

  detach(): void {
    if (this.#feed) this.#live?.leave(this.#sink, this.#feed);
    this.#feed = undefined;
    this.leavePresence?.();
    this.leavePresence = undefined;
    this.#held.done();
  }
}
