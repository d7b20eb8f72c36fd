import { consoleLogger } from "@shoal/server";
import { serveNotifications } from "@shoal/server/notifications";
import { webPush } from "@shoal/server/web-push";
import { inbox } from "../contract/inbox.ts";
import type { VapidKeys } from "./read-vapid-keys.ts";

/** How long e-mail waits for its notification to be read, in milliseconds. */
const emailAfterMs = 30_000;

/** Inboxes, with push and with what stands for e-mail in the demo: a line in the server's log. */
export function serveInboxes(vapidKeys: VapidKeys) {
  return serveNotifications(inbox, {
    after: { email: emailAfterMs },
    deliver: {
      email({ userId, rendered: { title } }) {
        consoleLogger.info({ to: userId, title }, "The demo sends no e-mail. This is one that it would send.");
      },
    },
    push: webPush({ subject: "mailto:demo@shoal.invalid", ...vapidKeys }),
  });
}
