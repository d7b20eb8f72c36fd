import * as z from "zod/mini";
import { follow } from "./follow.ts";

const clicked = z.object({ kind: z.literal("notification"), id: z.string(), url: z.optional(z.string()) });

/**
 * Calls `read` with the ids of items that were clicked as the browser's notifications, by the service worker, until the returned function is
 * called: this page was opened by such a click, or is led to what it is about.
 */
export function readFromPush(read: (id: string) => void): () => void {
  const address = new URL(location.href);
  const id = address.searchParams.get("notification");
  if (id !== null) {
    address.searchParams.delete("notification");
    history.replaceState(history.state, "", address);
    read(id);
  }
  const hear = ({ data }: MessageEvent) => {
    const { success, data: told } = clicked.safeParse(data);
    if (!success) return;
    read(told.id);
    if (told.url !== undefined) follow(told.url);
  };
  // Workers are there in secure contexts alone.
  const { serviceWorker } = navigator as Partial<Navigator>;
  serviceWorker?.addEventListener("message", hear);
  return () => serviceWorker?.removeEventListener("message", hear);
}
