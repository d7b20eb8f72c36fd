import { closeNotifications, showNotification } from "@shoal/client/notifications";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

class Shown extends EventTarget {
  static permission = "granted";
  static readonly open = new Map<string, Shown>();
  readonly tag: string;

  constructor(_: string, { tag }: { tag: string }) {
    super();
    this.tag = tag;
    // One of the same tag takes the place of the one before.
    Shown.open.set(tag, this);
  }

  close() {
    if (Shown.open.get(this.tag) === this) Shown.open.delete(this.tag);
    this.dispatchEvent(new Event("close"));
  }
}

beforeEach(() => {
  Shown.open.clear();
  Shown.permission = "granted";
  vi.stubGlobal("Notification", Shown);
  vi.stubGlobal("window", { focus: () => {} });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const rendered = { title: "Hello", body: "", icon: undefined, url: undefined };

test("What is shown stands once for an item, tells of a click and goes with it", async () => {
  const clicked = vi.fn();
  await showNotification({ id: "a", rendered });
  await showNotification({ id: "a", rendered, onClick: clicked });
  Shown.open.get("a")?.dispatchEvent(new Event("click"));
  expect(clicked).toHaveBeenCalledOnce();
  expect(Shown.open.size).toBe(0);
});

test("All that is shown goes when its user does", async () => {
  for (const id of ["a", "b"]) await showNotification({ id, rendered });
  await closeNotifications();
  expect(Shown.open.size).toBe(0);
});

test("Nothing is shown without permission", async () => {
  Shown.permission = "default";
  expect(await showNotification({ id: "a", rendered })).toBe(false);
  expect(Shown.open.size).toBe(0);
});
