import { ChannelMeters } from "./channel-meters.ts";
import { WireMeters } from "./wire-meters.ts";

/** What a realtime counts on its node. Counting is adding one to a number: it costs nothing where everything passes. */
export class Meters {
  /** When the counting began, in milliseconds since the epoch. */
  readonly since = Date.now();
  /** What the transports count that serve this realtime and no other. */
  readonly wire = new WireMeters();
  readonly wires = new Set([this.wire]);
  /** WebSockets there have been. */
  connected = 0;
  errors = 0;
  warnings = 0;
  readonly #channels = new Map<string, ChannelMeters>();

  get channels(): ReadonlyMap<string, ChannelMeters> {
    return this.#channels;
  }

  channel(name: string): ChannelMeters {
    const meters = this.#channels.get(name) ?? new ChannelMeters();
    this.#channels.set(name, meters);
    return meters;
  }
}
