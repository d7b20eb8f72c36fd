import { titleBadge } from "@shoal/client/notifications";
import { Window } from "happy-dom";
import { beforeEach, expect, test } from "vitest";
import { Store } from "../src/store.ts";

beforeEach(() => {
  const window = new Window();
  window.document.title = "Reef";
  Object.assign(globalThis, { document: window.document, MutationObserver: window.MutationObserver });
});

function inboxWith(unseen: number) {
  return new Store({ state: { counts: { total: 9, unread: 7, unseen } } });
}

test("The title counts, goes along, and is as it was when there is nothing to count", () => {
  const inbox = inboxWith(3);
  const stop = titleBadge(inbox);
  expect(document.title).toBe("(3) Reef");
  inbox.set(inboxWith(0).current);
  expect(document.title).toBe("Reef");
  inbox.set(inboxWith(12).current);
  expect(document.title).toBe("(12) Reef");
  stop();
  expect(document.title).toBe("Reef");
});

test("Several inboxes are summed, and one that several show counts once", () => {
  const [ann, team] = [inboxWith(2), inboxWith(4)];
  const stops = [titleBadge(ann), titleBadge(ann), titleBadge(team, "unread")];
  expect(document.title).toBe("(9) Reef");
  stops[0]?.();
  expect(document.title).toBe("(9) Reef");
  stops[1]?.();
  expect(document.title).toBe("(7) Reef");
  stops[2]?.();
  expect(document.title).toBe("Reef");
});

test("A title that the page sets meanwhile keeps its number, and is left when the badge goes", async () => {
  const stop = titleBadge(inboxWith(3));
  document.title = "Harbour";
  await expect.poll(() => document.title).toBe("(3) Harbour");
  stop();
  expect(document.title).toBe("Harbour");
});
