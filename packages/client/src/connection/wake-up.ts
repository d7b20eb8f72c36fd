import type { ConnectionEvent } from "./machine.ts";

type Told = Extract<ConnectionEvent["type"], "online" | "offline" | "visible" | "frozen" | "thawed">;

interface Target {
  addEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
  removeEventListener(type: string, listener: (event: { readonly persisted?: boolean }) => void): void;
}

/** As much of a page as there is: a worker has no document, and Node.js has neither. */
export interface Page {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: Target & { readonly visibilityState: string };
  readonly addEventListener?: Target["addEventListener"];
  readonly removeEventListener?: Target["removeEventListener"];
}

/**
 * Tells what the platform knows of the network and of the page: that there is one again, that somebody looks at it, that it was put to
 * sleep and woken, as in the back and forward cache.
 *
 * @returns the function that ends it, after which nothing is listened to
 */
export function listenToPage(page: Page, tell: (what: Told) => void): () => void {
  const ends: (() => void)[] = [];
  const listen = (
    target: Partial<Target> | undefined,
    type: string,
    what: (event: { readonly persisted?: boolean }) => Told | false | undefined,
  ): void => {
    if (!target?.addEventListener) return;
    const listener = (event: { readonly persisted?: boolean }) => {
      const told = what(event);
      if (told) tell(told);
    };
    target.addEventListener(type, listener);
    ends.push(() => target.removeEventListener?.(type, listener));
  };
  const { document } = page;
  listen(page, "online", () => "online");
  listen(page, "offline", () => "offline");
  listen(page, "pagehide", ({ persisted }) => persisted && "frozen");
  listen(page, "pageshow", ({ persisted }) => persisted && "thawed");
  listen(document, "visibilitychange", () => document?.visibilityState === "visible" && "visible");
  listen(document, "freeze", () => "frozen");
  listen(document, "resume", () => "thawed");
  if (page.navigator?.onLine === false) tell("offline");
  return () => {
    for (const end of ends) end();
  };
}
