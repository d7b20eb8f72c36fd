import { Store } from "../store.ts";

const key = "shoal-read-on-open";

/** Whether all is read when the panel opens, as this browser's user chose; otherwise it is only seen then. */
export const readOnOpen = new Store(localStorage.getItem(key) === "yes");

export function setReadOnOpen(on: boolean): void {
  localStorage.setItem(key, on ? "yes" : "no");
  readOnOpen.set(on);
}
