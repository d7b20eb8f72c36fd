import "./page.ts";

import type { AnyClient } from "@shoal/client";
import { ShoalProvider } from "@shoal/react";
import { type ReactNode, StrictMode } from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { expect } from "vitest";

export interface UseProps<Given> {
  readonly hook: (given: Given) => ReactNode;
  readonly given?: Given;
}

/** A component that is nothing but what a hook returns. */
export function Use<Given>({ hook: useHook, given }: UseProps<Given>) {
  return useHook(given as Given);
}

/** Renders into a page of its own, strictly, as a development build does: every effect runs, is undone and runs again. */
export function render(client: AnyClient, children: ReactNode) {
  const container = document.createElement("main");
  // What a boundary has caught is the test's to look at.
  const root = createRoot(container, { onCaughtError: () => {} });
  // At once, so that what a test does next meets what it has shown.
  const show = (next: ReactNode) =>
    flushSync(() =>
      root.render(
        <StrictMode>
          <ShoalProvider client={client}>{next}</ShoalProvider>
        </StrictMode>,
      ),
    );
  show(children);
  return {
    show,
    text: () => container.textContent,
    /** Waits until the page's text is this. Fails when that takes too long. */
    shows: (text: string) => expect.poll(() => container.textContent, { timeout: 4_000 }).toBe(text),
    [Symbol.dispose]: () => root.unmount(),
  };
}
