/** For how long a page goes on over HTTP after WebSockets did not get through, in milliseconds. */
const lifetime = 3_600_000;

/** Remembers for this tab that WebSockets do not get through to a server. */
export function rememberNoSockets(url: string): void {
  storage()?.setItem(keyOf(url), String(Date.now() + lifetime));
}

/** Whether they did not within the last hour, in this tab. */
export function remembersNoSockets(url: string): boolean {
  return Number(storage()?.getItem(keyOf(url)) ?? 0) > Date.now();
}

function keyOf(url: string): string {
  return `shoal:no-sockets:${url}`;
}

/** Reading the property throws where a page may store nothing. */
function storage(): Pick<Storage, "getItem" | "setItem"> | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined;
  }
}
