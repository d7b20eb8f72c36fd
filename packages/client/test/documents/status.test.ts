import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { personColors } from "../../src/channels/document-colors.ts";
import { failureFor } from "../../src/channels/document-failure.ts";
import { documentStatus, type StatusFacts, statusText } from "../../src/channels/document-status.ts";

const calm: StatusFacts = {
  failure: undefined,
  loaded: true,
  live: true,
  connection: "open",
  waiting: 0,
  mayEdit: true,
};

function told(facts: Partial<StatusFacts>): string {
  return statusText(documentStatus({ ...calm, ...facts }));
}

describe("what is told of saving", () => {
  test.each<[string, Partial<StatusFacts>]>([
    ["Saved", {}],
    ["Saving…", { waiting: 1 }],
    ["Offline, 1 change waiting", { waiting: 1, connection: "reconnecting", live: false }],
    ["Offline, 12 changes waiting", { waiting: 12, live: false }],
    ["Offline, nothing waiting", { live: false }],
    ["Read only", { mayEdit: false }],
    ["Loading…", { loaded: false, live: false }],
    ["Not saved, 3 changes kept here", { failure: failureFor("FULL"), waiting: 3 }],
    ["Not available", { failure: failureFor("GONE") }],
  ])("is %s", (text, facts) => {
    expect(told(facts)).toBe(text);
  });

  test("is never that it is saved while something waits, or nobody can know", () => {
    const facts = fc.record<StatusFacts>({
      failure: fc.constantFrom(undefined, failureFor("FULL")),
      loaded: fc.boolean(),
      live: fc.boolean(),
      connection: fc.constantFrom("idle", "connecting", "open", "reconnecting", "failed", "closed"),
      waiting: fc.nat(3),
      mayEdit: fc.constantFrom(undefined, true, false),
    });
    fc.assert(
      fc.property(facts, (given) => {
        const { status } = documentStatus(given);
        if (status !== "saved" && status !== "read-only") return;
        expect(given).toMatchObject({ waiting: 0, live: true, loaded: true, connection: "open", failure: undefined });
      }),
    );
  });
});

describe("the colour of a person", () => {
  test("is the same for the same person, and can be read in both themes", () => {
    fc.assert(
      fc.property(fc.string(), (id) => {
        const { color } = personColors(id);
        expect(personColors(id)).toEqual({ color, colorLight: `${color}33` });
        expect(contrast(color, "#ffffff")).toBeGreaterThanOrEqual(4.5);
        expect(contrast(color, "#242424")).toBeGreaterThanOrEqual(2.9);
        expect(contrast(color, "#1a1b1e")).toBeGreaterThanOrEqual(3);
      }),
    );
  });

  test("is not that of somebody with a similar id", () => {
    const colors = Array.from({ length: 20 }, (_, at) => personColors(`person-${at}`).color);
    expect(new Set(colors).size).toBeGreaterThanOrEqual(18);
  });
});

/** As WCAG has it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
