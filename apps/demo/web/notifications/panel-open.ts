import { Store } from "../store.ts";

/** Whether the panel of notifications is open. It outlasts the page that shows it, as the toasts do. */
export const panelOpen = new Store(false);
