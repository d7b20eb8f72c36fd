import type { Browser } from "playwright-core";
import { Bell } from "./bell.ts";
import { meetInTheLobby } from "./stage.ts";

/** People in the lobby who have got their welcome and nothing else. */
export async function meetWithBells<const Names extends readonly string[]>(browser: Browser, ...names: Names) {
  const stage = await meetInTheLobby(browser, ...names);
  const bells = (stage.tabs as readonly (typeof stage.tabs)[number][]).map((tab) => new Bell(tab));
  for (const bell of bells) await bell.seesBadge(1);
  return { ...stage, bells: bells as unknown as { readonly [K in keyof Names]: Bell } };
}
