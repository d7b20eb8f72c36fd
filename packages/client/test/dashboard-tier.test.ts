// @vitest-environment happy-dom
import { askForTier } from "@shoal/client/dashboards";
import { defineDashboard, gauge } from "@shoal/contract/dashboards";
import { expect, test } from "vitest";

const ops = defineDashboard("ops", { cpu: gauge() });

/** A topic that notes for which audience it was asked. */
function topic() {
  const asked: (string | undefined)[] = [];
  return { asked, setAudience: (audience: string | undefined) => void asked.push(audience) };
}

/** The page, as its tab is hidden or shown. */
function become(state: "hidden" | "visible"): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

test("of several on one topic the fastest gets what it asks for, for as long as it asks", () => {
  const one = topic();
  const leaveCalm = askForTier(ops, one, "calm");
  const leaveLive = askForTier(ops, one, "live");
  const leaveSlow = askForTier(ops, one, "background");
  expect(one.asked.at(-1)).toBe("live");
  leaveLive();
  leaveLive();
  expect(one.asked.at(-1)).toBe("calm");
  leaveCalm();
  expect(one.asked.at(-1)).toBe("background");
  leaveSlow();
  expect(one.asked.at(-1)).toBeUndefined();
});

test("it is the fastest where nothing is said, and another topic is another matter", () => {
  const [one, other] = [topic(), topic()];
  const leave = [askForTier(ops, one), askForTier(ops, other, "calm")];
  expect(one.asked).toEqual(["live"]);
  expect(other.asked).toEqual(["calm"]);
  for (const go of leave) go();
});

test("a hidden page is told as slowly as there is, and as it asked at once when it is shown", () => {
  const one = topic();
  const leave = askForTier(ops, one, "live");
  become("hidden");
  expect(one.asked).toEqual(["live", "background"]);
  const leaveOther = askForTier(ops, one, "calm");
  expect(one.asked.at(-1)).toBe("background");
  become("visible");
  expect(one.asked.at(-1)).toBe("live");
  leave();
  leaveOther();
  const times = one.asked.length;
  become("hidden");
  become("visible");
  expect(one.asked).toHaveLength(times);
});

test("what begins in a hidden page begins slowly", () => {
  become("hidden");
  const one = topic();
  const leave = askForTier(ops, one);
  expect(one.asked).toEqual(["background"]);
  become("visible");
  expect(one.asked.at(-1)).toBe("live");
  leave();
});

test("a tier that is not declared is refused", () => {
  expect(() => askForTier(ops, topic(), "fast")).toThrow('has no tier "fast". It has live, calm, background.');
});
