import { useSyncExternalStore } from "react";
import { settingsPath } from "./notifications/settings-path.ts";

/** The places of the app. */
export type Route =
  | { readonly page: "home" }
  | { readonly page: "room"; readonly roomId: string }
  | { readonly page: "notificationSettings" }
  | { readonly page: "auctions" }
  | { readonly page: "newAuction" }
  | { readonly page: "auction"; readonly auctionId: string }
  | { readonly page: "operations" }
  | { readonly page: "documents" }
  | { readonly page: "document"; readonly documentId: string }
  | { readonly page: "documentHistory"; readonly documentId: string }
  | { readonly page: "unknown"; readonly path: string };

const roomPath = /^\/rooms\/([A-Za-z0-9_-]{1,64})\/?$/;

const auctionPath = /^\/auctions\/([A-Za-z0-9_-]{1,64})\/?$/;

const documentPath = /^\/documents\/([A-Za-z0-9_-]{1,64})(\/history)?\/?$/;

export const documentsPath = "/documents";
export const auctionsPath = "/auctions";
export const newAuctionPath = "/auctions/new";
export const operationsPath = "/operations";

export function routeOf(path: string): Route {
  if (path === "/") return { page: "home" };
  if (path === settingsPath) return { page: "notificationSettings" };
  if (/^\/auctions\/?$/.test(path)) return { page: "auctions" };
  if (/^\/operations\/?$/.test(path)) return { page: "operations" };
  if (path === newAuctionPath) return { page: "newAuction" };
  const auctionId = auctionPath.exec(path)?.[1];
  if (auctionId) return { page: "auction", auctionId };
  if (/^\/documents\/?$/.test(path)) return { page: "documents" };
  const [, documentId, history] = documentPath.exec(path) ?? [];
  if (documentId) return { page: history ? "documentHistory" : "document", documentId };
  const roomId = roomPath.exec(path)?.[1];
  return roomId ? { page: "room", roomId } : { page: "unknown", path };
}

export function pathOfRoom(roomId: string): string {
  return `/rooms/${roomId}`;
}

export function pathOfAuction(auctionId: string): string {
  return `${auctionsPath}/${auctionId}`;
}

export function pathOfDocument(documentId: string): string {
  return `${documentsPath}/${documentId}`;
}

export function historyOfDocument(documentId: string): string {
  return `${pathOfDocument(documentId)}/history`;
}

export function navigate(path: string): void {
  history.pushState(null, "", path);
  // `pushState` tells nobody.
  window.dispatchEvent(new PopStateEvent("popstate"));
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(subscribe, () => location.pathname));
}

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  return () => window.removeEventListener("popstate", listener);
}
