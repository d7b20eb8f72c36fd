import { Store } from "./store.ts";

/** How many changes of this tab's user are nowhere but in this page. The browser asks before it closes it. */
export const unsaved = new Store(0);

unsaved.subscribe(() => {
  if (unsaved.current > 0) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
});

function ask(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
