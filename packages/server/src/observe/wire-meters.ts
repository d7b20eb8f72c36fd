import { connectionsOf } from "../security/connections.ts";

/** What a transport has sent and done. */
export class WireMeters {
  /** Streams of server-sent events: those open now, and all there have been. */
  streams = 0;
  streamsOpened = 0;
  /** Frames of watches that were handed to clients. */
  frames = 0;
  /** Messages of WebSockets and events of streams, frames among them. */
  messages = 0;
  bytes = 0;
  /** Clients that were sent away since they took too little, or sent too much. */
  slow = 0;
  floods = 0;
}

/** Where a handler counts: in what the realtime of its router counts; where there are several, each of them counts all. */
export function wireMetersOf(router: Parameters<typeof connectionsOf>[0]): WireMeters {
  const meters = connectionsOf(router).map(({ options }) => options.meters);
  const [first] = meters;
  if (first && meters.length === 1) return first.wire;
  const wire = new WireMeters();
  for (const one of meters) one.wires.add(wire);
  return wire;
}
