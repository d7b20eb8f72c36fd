import { expect, test } from "vitest";
import { routeOf } from "../web/router.ts";
import { roomIdOf } from "../web/shell/room-id-of.ts";

test.each([
  ["Café au lait", "cafe-au-lait"],
  ["  deep   end ", "deep-end"],
  ["#general!", "general"],
  ["snake_case", "snake_case"],
  ["a".repeat(70), "a".repeat(64)],
  ["!?", ""],
])("The name %j means the room %j", (name, roomId) => {
  expect(roomIdOf(name)).toBe(roomId);
});

test.each([
  ["/", { page: "home" }],
  ["/rooms/reef", { page: "room", roomId: "reef" }],
  ["/rooms/reef/", { page: "room", roomId: "reef" }],
  ["/auctions", { page: "auctions" }],
  ["/auctions/", { page: "auctions" }],
  ["/auctions/new", { page: "newAuction" }],
  ["/auctions/0190-a", { page: "auction", auctionId: "0190-a" }],
  ["/auctions/a/b", { page: "unknown", path: "/auctions/a/b" }],
  ["/rooms/", { page: "unknown", path: "/rooms/" }],
  ["/rooms/a%20b", { page: "unknown", path: "/rooms/a%20b" }],
  [`/rooms/${"a".repeat(65)}`, { page: "unknown", path: `/rooms/${"a".repeat(65)}` }],
])("The address %j is understood", (path, route) => {
  expect(routeOf(path)).toEqual(route);
});
