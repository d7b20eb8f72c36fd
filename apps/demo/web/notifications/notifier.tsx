import { mayNotify, renewPush } from "@shoal/client/notifications";
import { useEffect } from "react";
import { useStore } from "../store.ts";
import { useUser } from "../user.ts";
import { visit } from "../visit.ts";
import { follow } from "./follow.ts";
import { panelOpen } from "./panel-open.ts";
import { readFromPush } from "./read-from-push.ts";
import { readOnOpen } from "./read-on-open.ts";
import { ToastRegion } from "./toast-region.tsx";
import { toast, toasts } from "./toasts.ts";
import { type InboxItem, useInbox } from "./use-inbox.ts";
import { isSomeTabVisible, keepTabKnown } from "./visible-tabs.ts";

/** Tells of what arrives, wherever in the app one is: by a toast, by the browser while nobody sees the app, and in the title. */
export function Notifier() {
  const { client } = useStore(visit);
  const userId = useUser().id;
  const open = useStore(panelOpen);
  const whenOpen = useStore(readOnOpen) ? "read" : "seen";
  const inbox = useInbox({ onArrive: (items) => void arrive(items), titleBadge: "unseen", open, whenOpen });
  const arrive = async (items: readonly InboxItem[]) => {
    const told = items.filter(isTold);
    if (told.length === 0 || panelOpen.current) return;
    if (document.visibilityState === "visible") toast(told);
    else if (mayNotify.current === "granted" && !(await isSomeTabVisible())) {
      for (const item of told) void inbox.showInBrowser(item, follow);
    }
  };
  const { markRead } = inbox;
  useEffect(keepTabKnown, []);
  // One that is gone by now is read enough.
  useEffect(() => readFromPush((id) => void markRead({ id }).catch(() => {})), [markRead]);
  useEffect(() => {
    toasts.set([]);
    // Others find one by one's name from then on. Should it fail, the next page does it.
    client
      .people({})
      .send.arrive()
      .catch(() => {});
    // Whoever is signed in has what this browser is pushed, and nobody who was before.
    renewPush(client.pushDevices({ userId })).catch(() => {});
  }, [client, userId]);
  return <ToastRegion inbox={inbox} />;
}

/** A toast is for what somebody does to one, and for what one may want to answer at once. */
function isTold({ kind }: InboxItem): boolean {
  return kind === "mention" || kind === "wave" || kind === "outbid" || kind === "auction";
}
