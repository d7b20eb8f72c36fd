import { findOnPath } from "./component.mjs";

/** @type {import("./component.mjs").Component} */
export const chromium = {
  name: "Chromium",
  variable: "CHROMIUM_PATH",
  find: () => findOnPath("chromium", "chromium-browser", "google-chrome"),
  debian: ["chromium"],
  without: "the browser tests were",
};
