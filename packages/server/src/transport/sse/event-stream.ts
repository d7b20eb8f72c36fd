import type { NodeHTTPResponse } from "@trpc/server/adapters/node-http";
import { Room } from "../../channel/room.ts";
import type { SharedFrame } from "../../channel/shared-frame.ts";
import type { Watch } from "../../channel/watch.ts";
import { PushedFrames } from "../pushed-frames.ts";
import type { Chunk } from "./chunk.ts";
import type { Handling } from "./handling.ts";
import type { StreamEvents } from "./stream-events.ts";
import type { StreamOutlet } from "./stream-outlet.ts";
import { StreamWriter } from "./stream-writer.ts";
import type { SubscriptionCall } from "./subscription-call.ts";

/** A `watch` as a stream of server-sent events: one client, and what it is sent. */
export class EventStream extends PushedFrames {
  readonly #handling: Handling;
  readonly #res: NodeHTTPResponse;
  readonly #call: SubscriptionCall;
  readonly #events: StreamEvents;
  readonly #writer: StreamWriter;
  /** Steps of the sweeper: since it began, since something was sent, and since something was taken of what waits. */
  #age = 0;
  #silent = 0;
  #stuck = 0;
  #leftBehind = 0;

  /** The head of the response is set. It is sent, and everything behind it goes to the outlet. */
  constructor(handling: Handling, res: NodeHTTPResponse, outlet: StreamOutlet, watch: Watch, call: SubscriptionCall) {
    const { limits, events, sweeper, wire } = handling;
    const writer = new StreamWriter(outlet, handling);
    super({ writer, queue: limits.queue, room: new Room(limits.queueBytes), wire }, watch);
    this.#handling = handling;
    this.#res = res;
    this.#call = call;
    this.#events = events;
    this.#writer = writer;
    writer.begin(events.connected);
    wire.streams += 1;
    wire.streamsOpened += 1;
    sweeper.add(this);
    res.once("close", () => this.#gone());
    try {
      res.once("close", handling.counts.enter(watch.user));
      this.start();
    } catch (error) {
      this.fail(error);
    }
  }

  /** One step of the handler's sweeper: does the client take what it is sent, and is it time for a ping or for the end? */
  sweep(): void {
    const { steps } = this.#handling;
    this.#age += 1;
    this.#silent += 1;
    if (this.#age >= steps.maxDuration && !this.ended) this.#stop();
    if (this.#writer.blocked || this.ended) {
      this.#sweepSlow();
      return;
    }
    this.#stuck = 0;
    if (this.#silent >= steps.ping) this.#write(this.#events.ping);
  }

  protected override send(frame: SharedFrame): void {
    this.#write(this.#events.frame(frame));
  }

  /** What has not left yet does not: it may be what the client may see no more. */
  protected override failed(error: Error): void {
    this.#writer.discard();
    try {
      this.#write(this.#events.error(this.#call.report(error)));
    } catch (cause) {
      // An error that cannot be put into words ends the stream as well.
      this.#handling.logger.error({ error: cause }, "a client could not be told why its stream ended");
    }
    this.#finish();
  }

  #write(chunk: Chunk): void {
    this.#silent = 0;
    this.#writer.push(chunk);
  }

  #sweepSlow(): void {
    const { buffered } = this.#writer;
    this.#stuck = buffered < this.#leftBehind ? 0 : this.#stuck + 1;
    this.#leftBehind = buffered;
    if (this.#stuck <= this.#handling.steps.slow) return;
    if (!this.#res.destroyed) this.#handling.wire.slow += 1;
    this.#res.destroy();
  }

  #stop(): void {
    this.end();
    this.#call.controller.abort();
    this.#finish();
  }

  #finish(): void {
    this.#writer.flush();
    this.#res.end();
  }

  #gone(): void {
    this.#handling.sweeper.delete(this);
    this.#handling.wire.streams -= 1;
    if (this.ended) return;
    this.end();
    this.#call.controller.abort();
  }
}
