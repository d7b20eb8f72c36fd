import { Store } from "./store.ts";

const open = new Set<WebSocket>();
let line = new AbortController();

/** Whether this page's network is cut. */
export const networkCut = new Store(false);

/** Cuts the page off from the server, as a pulled plug would: what is open closes, and what is new fails. */
export function cutNetwork(): void {
  networkCut.set(true);
  line.abort(new TypeError("The network is cut."));
  for (const socket of open) socket.close();
}

export function restoreNetwork(): void {
  line = new AbortController();
  networkCut.set(false);
}

/** A WebSocket that obeys the switch. */
export class SwitchedWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    open.add(this);
    this.addEventListener("close", () => open.delete(this));
    // One that is closed before it has opened fails like one that found no server: by an error and then its close.
    if (networkCut.current) this.close();
  }
}

/** A `fetch` that obeys the switch. */
export function switchedFetch(url: string, init: RequestInit): Promise<Response> {
  const signals = init.signal ? [line.signal, init.signal] : [line.signal];
  return fetch(url, { ...init, signal: AbortSignal.any(signals) });
}
