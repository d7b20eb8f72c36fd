import { Store } from "./store.ts";

const open = new Set<WebSocket>();

/** Whether this page's network is cut. */
export const networkCut = new Store(false);

/** Cuts the page off from the server, as a pulled plug would: open sockets close, and new ones fail. */
export function cutNetwork(): void {
  networkCut.set(true);
  for (const socket of open) socket.close();
}

export function restoreNetwork(): void {
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
