import "./page.ts";

import type { AnyClient } from "@shoal/client";
import { ShoalProvider } from "@shoal/react";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { expect } from "vitest";

/** Renders into a page of its own, strictly, as a development build does: every effect runs, is undone and runs again. */
export function render(client: AnyClient, children: ReactNode) {
  const container = document.createElement("main");
  const root = createRoot(container);
  const show = (next: ReactNode) =>
    root.render(
      <StrictMode>
        <ShoalProvider client={client}>{next}</ShoalProvider>
      </StrictMode>,
    );
  show(children);
  return {
    show,
    /** Waits until the page's text is this. Fails when that takes too long. */
    shows: (text: string) => expect.poll(() => container.textContent, { timeout: 4_000 }).toBe(text),
    [Symbol.dispose]: () => root.unmount(),
  };
}
