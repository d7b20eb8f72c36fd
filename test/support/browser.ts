import { type Browser, chromium } from "playwright-core";

/** For running as root, and without what calls home. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The Chromium that CHROMIUM_PATH names. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (!executablePath) throw new Error("CHROMIUM_PATH is not set. `npm test browser` finds a Chromium and sets it.");
  return await chromium.launch({ executablePath, args });
}
