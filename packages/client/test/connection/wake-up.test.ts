import { describe, expect, test } from "vitest";
import { listenToPage } from "../../src/connection/wake-up.ts";

/** As much of a page as is listened to: the targets of its events. */
function openPage(onLine = true) {
  let listeners = 0;
  class Counted extends EventTarget {
    override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
      listeners += 1;
      super.addEventListener(...args);
    }
    override removeEventListener(...args: Parameters<EventTarget["removeEventListener"]>): void {
      listeners -= 1;
      super.removeEventListener(...args);
    }
  }
  const document = Object.assign(new Counted(), { visibilityState: "hidden" });
  const window = Object.assign(new Counted(), { document, navigator: { onLine } });
  const told: string[] = [];
  const leave = listenToPage(window as never, (what) => told.push(what));
  return { window, document, told, leave, listeners: () => listeners };
}

describe("A page tells", () => {
  test("that its network goes and comes", () => {
    const { window, told } = openPage();
    for (const type of ["offline", "online"]) window.dispatchEvent(new Event(type));
    expect(told).toEqual(["offline", "online"]);
  });

  test("that there is no network from the start", () => {
    expect(openPage(false).told).toEqual(["offline"]);
  });

  test("that somebody looks at it again, and not that somebody looks away", () => {
    const { document, told } = openPage();
    document.dispatchEvent(new Event("visibilitychange"));
    document.visibilityState = "visible";
    document.dispatchEvent(new Event("visibilitychange"));
    expect(told).toEqual(["visible"]);
  });

  test("that it is frozen and goes on", () => {
    const { document, told } = openPage();
    for (const type of ["freeze", "resume"]) document.dispatchEvent(new Event(type));
    expect(told).toEqual(["frozen", "thawed"]);
  });

  test("that it goes into the back and forward cache and comes out of it, and not that it is left or loaded", () => {
    const { window, told } = openPage();
    for (const persisted of [false, true])
      for (const type of ["pagehide", "pageshow"]) window.dispatchEvent(Object.assign(new Event(type), { persisted }));
    expect(told).toEqual(["frozen", "thawed"]);
  });

  test("nothing once nobody listens", () => {
    const { window, told, leave, listeners } = openPage();
    expect(listeners()).toBeGreaterThan(0);
    leave();
    expect(listeners()).toBe(0);
    window.dispatchEvent(new Event("offline"));
    expect(told).toEqual([]);
  });
});

test("Where there is no page, as in Node.js, nothing is listened to", () => {
  expect(() => listenToPage({}, () => {})()).not.toThrow();
});
