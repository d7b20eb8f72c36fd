import type { KeyboardEvent } from "react";

/** Lets the arrow keys lead from link to link of a list of notifications, and Home and End to the first and the last. */
export function moveByArrow(event: KeyboardEvent<HTMLElement>): void {
  // The arrows of a filter are its own.
  if (event.target instanceof HTMLInputElement) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-item-link]")];
  const now = links.findIndex((link) => link.closest("li")?.contains(document.activeElement));
  const next = nextOf(event.key, now, links.length);
  if (next === undefined) return;
  event.preventDefault();
  links[next]?.focus();
}

/** To be called when an item of a list is about to go: the focus moves to the one after it, or else before it. */
export function leaveItem(inside: HTMLElement): void {
  const links = [...document.querySelectorAll<HTMLElement>("li [data-item-link]")];
  const index = links.findIndex((link) => link.closest("li")?.contains(inside));
  (links[index + 1] ?? links[index - 1])?.focus();
}

/** @param now - the index of the link that has the focus, -1 where none has it */
function nextOf(key: string, now: number, count: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(now + 1, count - 1);
    case "ArrowUp":
      return Math.max(now - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
