export { openBrowser } from "../../../test/support/browser.ts";
