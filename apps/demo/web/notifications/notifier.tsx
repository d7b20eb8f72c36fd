import { currentPush, mayNotify, renewPush } from "@shoal/client/notifications";
import { useEffect, useLayoutEffect } from "react";
import { routeOf } from "../router.ts";
import { useStore } from "../store.ts";
import { useUser } from "../user.ts";
import { visit } from "../visit.ts";
import { follow } from "./follow.ts";
import { panelOpen } from "./panel-open.ts";
import { readFromPush } from "./read-from-push.ts";
import { readOnOpen } from "./read-on-open.ts";
import { snack } from "./snack.ts";
import { ToastRegion } from "./toast-region.tsx";
import { keepToasts, toast } from "./toasts.ts";
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
    if (told.length === 0) return;
    if (document.visibilityState === "visible") {
      if (!panelOpen.current) toast(told.filter((item) => !isOnPage(item)));
      return;
    }
    if (mayNotify.current !== "granted" || (await isSomeTabVisible())) return;
    // What is pushed to this browser its service worker shows, and the browser does not know the two as one.
    const pushes = (await currentPush().catch(() => null)) !== null;
    const untold = told.filter(({ category }) => !pushes || !inbox.isOn(category, "push"));
    for (const item of untold) void inbox.showInBrowser(item, follow);
  };
  const { markRead, topic } = inbox;
  useEffect(keepTabKnown, []);
  // One that is gone by now is read enough.
  useEffect(() => readFromPush((id) => void markRead({ id }).catch(() => {})), [markRead]);
  useEffect(() => topic.subscribe(() => keepToasts(topic.current.state?.items ?? [])), [topic]);
  // Whoever signs in next sees nothing of it.
  useLayoutEffect(
    () => () => {
      keepToasts([]);
      snack.set(null);
    },
    [],
  );
  useEffect(() => {
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

/** The page of a lot tells its news itself, and a toast would hide its price. */
function isOnPage({ kind, data }: InboxItem): boolean {
  const route = routeOf(location.pathname);
  return route.page === "auction" && (kind === "outbid" || kind === "auction") && route.auctionId === data.auctionId;
}

/** A toast is for what somebody does to one, and for what one may want to answer at once. */
function isTold({ kind }: InboxItem): boolean {
  return kind === "mention" || kind === "wave" || kind === "outbid" || kind === "auction";
}
