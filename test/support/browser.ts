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

/**
 * The Chromium that CHROMIUM_PATH names.
 *
 * @param options.keepsPages - whether it keeps pages that were left, to go back to them. Playwright turns that off.
 */
export async function openBrowser({ keepsPages = false } = {}): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH;
  if (!executablePath) throw new Error("CHROMIUM_PATH is not set. `npm test browser` finds a Chromium and sets it.");
  const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
  return await chromium.launch({ executablePath, args, ignoreDefaultArgs });
}
