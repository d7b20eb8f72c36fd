import type { ReactNode } from "react";
import { follow } from "./follow.ts";
import { snack, tell } from "./snack.ts";
import type { Inbox, InboxItem } from "./use-inbox.ts";

interface ItemLinkProps {
  readonly className: string | undefined;
  readonly item: InboxItem;
  readonly inbox: Inbox;
  /** Called when it was followed. */
  readonly onFollow: () => void;
  readonly children: ReactNode;
}

/** Leads to what a notification is about, and marks it as read. */
export function ItemLink({ className, item, inbox, onFollow, children }: ItemLinkProps) {
  const { url = "/" } = inbox.render(item);
  return (
    <a
      className={className}
      href={url}
      data-item-link
      onClick={(event) => {
        if (item.readAt === null) void tell(inbox.markRead(item));
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        snack.set(null);
        onFollow();
        follow(url);
      }}
    >
      {children}
    </a>
  );
}
