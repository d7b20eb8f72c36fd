import { CloseButton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "../store.ts";
import { ItemIcon } from "./item-icon.tsx";
import { ItemLink } from "./item-link.tsx";
import { panelOpen } from "./panel-open.ts";
import { Snackbar } from "./snackbar.tsx";
import classes from "./toast-region.module.css";
import { dismissToast, toasts } from "./toasts.ts";
import type { Inbox, InboxItem } from "./use-inbox.ts";

/** How long a toast stands while nobody is at it, in milliseconds. */
const standing = 7_000;

/** What has just arrived and was just done, over the page. */
export function ToastRegion({ inbox }: { readonly inbox: Inbox }) {
  const shown = useStore(toasts);
  const open = useStore(panelOpen);
  return (
    <>
      <section className={classes.region} aria-label="New notifications" aria-live="polite">
        {!open && shown.map((item) => <Toast key={`${item.id} ${item.order}`} item={item} inbox={inbox} />)}
      </section>
      {!open && (
        <div className={classes.done}>
          <Snackbar />
        </div>
      )}
    </>
  );
}

function Toast({ item, inbox }: { readonly item: InboxItem; readonly inbox: Inbox }) {
  const [held, setHeld] = useState(false);
  const { title, body } = inbox.render(item);
  const dismiss = () => dismissToast(item.id);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismissToast(item.id), standing);
    return () => clearTimeout(timer);
  }, [held, item.id]);
  return (
    <article
      className={classes.toast}
      aria-label={title}
      data-toast
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <ItemLink className={classes.link} item={item} inbox={inbox} onFollow={dismiss}>
        <ItemIcon item={item} size={36} />
        <span className={classes.texts}>
          <span className={classes.title}>{title}</span>
          <span className={classes.body}>{body}</span>
        </span>
      </ItemLink>
      <CloseButton size="sm" aria-label="Dismiss" onClick={dismiss} />
    </article>
  );
}
