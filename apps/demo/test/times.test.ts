import { expect, test } from "vitest";
import { momentOf, timeOf } from "../web/room/times.ts";

test("A moment of another day is told with its date, and one of today without", () => {
  const noon = new Date(2030, 4, 17, 12, 0).getTime();
  const sameDay = new Date(2030, 4, 17, 23, 59).getTime();
  const nextDay = new Date(2030, 4, 18, 0, 1).getTime();

  expect(momentOf(noon, sameDay)).toBe(timeOf(noon));
  expect(momentOf(noon, nextDay)).toBe("May 17, 12:00 PM");
});
