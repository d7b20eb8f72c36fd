import { join } from "node:path";
import type { Browser } from "playwright-core";
import type { Session } from "../server/sessions.ts";
import type { DemoOptions } from "../server/start-demo.ts";
import { callOverHttp } from "./callers.ts";
import { openDemo } from "./demo.ts";
import { Person, type Tab } from "./person.ts";

/** A running demo with the built web app, and people who have met in its lobby. */
export interface Stage<Names extends readonly string[]> extends AsyncDisposable {
  readonly demo: Awaited<ReturnType<typeof openDemo>>;
  readonly people: { readonly [K in keyof Names]: Person };
  readonly tabs: { readonly [K in keyof Names]: Tab };
  /** Signs somebody in who has no browser. */
  newSession(name: string): Promise<Session>;
}

/** The built web app. */
export const webDir = join(import.meta.dirname, "../dist");

export function openWebDemo(options: Partial<DemoOptions> = {}) {
  // Some say more in a minute than people do, and a busy machine is no news in their inboxes.
  return openDemo({ rates: { commandsPerMinute: 0 }, alarms: false, ...options, webDir });
}

export async function meetInTheLobby<const Names extends readonly string[]>(
  browser: Browser,
  ...names: Names
): Promise<Stage<Names>> {
  await using cleanup = new AsyncDisposableStack();
  const demo = cleanup.use(await openWebDemo());
  const people: Person[] = [];
  const tabs: Tab[] = [];
  for (const name of names) {
    const person = cleanup.use(await Person.at(browser, demo.url));
    const tab = await person.open();
    await tab.signIn(name);
    people.push(person);
    tabs.push(tab);
  }
  for (const tab of tabs) await tab.seesMembers(...names);
  const newSession = async (name: string) => {
    await using caller = callOverHttp(demo.url, undefined);
    return await caller.trpc.session.create.mutate({ name });
  };
  const dispose = cleanup.move();
  return {
    demo,
    people,
    tabs,
    newSession,
    [Symbol.asyncDispose]: () => dispose.disposeAsync(),
  } as unknown as Stage<Names>;
}
