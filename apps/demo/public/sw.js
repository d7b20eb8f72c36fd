// The service worker of the demo: shows what is pushed while nobody looks at the app, and leads to it.

// A page that was open before the worker was started is one of ours, too.
const pages = { type: "window", includeUncontrolled: true };

self.addEventListener("push", (event) => event.waitUntil(show(event.data?.json() ?? {})));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data ?? {}));
});

/** The server sends `{ id, title, body, icon?, url? }`. A notification of the same id takes the place of the one before. */
async function show({ id, title = "Shoal", body = "", icon = "/favicon.svg", url }) {
  const opened = await self.clients.matchAll(pages);
  // Whoever sees the app is told by it. Browsers allow a push that shows nothing while a page is visible.
  if (opened.some(({ visibilityState }) => visibilityState === "visible")) return;
  await self.registration.showNotification(title, { body, icon, tag: id, data: { id, url } });
}

/** The page that is led to marks the notification as read. */
async function open({ id, url = "/" }) {
  const [page] = await self.clients.matchAll(pages);
  if (!page) return await self.clients.openWindow(addressOf(url, id));
  page.postMessage({ kind: "notification", id, url });
  await page.focus();
}

function addressOf(url, id) {
  const address = new URL(url, self.location.origin);
  if (address.origin === self.location.origin) address.searchParams.set("notification", id);
  return address;
}
