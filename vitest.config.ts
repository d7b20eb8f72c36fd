import { availableParallelism } from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

/** The packages are read from their sources, so that nothing has to be built before a unit test. */
const conditions = ["@shoal/source", ...defaultServerConditions];

/** How long what is looked at again and again may take, in milliseconds: as long as other waits, whatever else the machine does. */
const patient = { timeout: 10_000 };

export default defineConfig({
  test: {
    // Most of what a test does is to wait: on two cores, two files at a time take little more than half of the time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: "unit",
          expect: { poll: patient },
          include: ["packages/*/test/**/*.test.{ts,tsx}", "apps/demo/test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.browser.test.ts", "**/mistakes.test.ts"],
          // What is waited for has deadlines of its own, with errors that say what did not come.
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: "types", include: ["packages/*/test/mistakes.test.ts"], fileParallelism: false } },
      {
        test: {
          name: "packages",
          include: ["test/packages/*.test.ts"],
          exclude: ["**/*.browser.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        test: {
          name: "browser",
          expect: { poll: patient },
          include: ["{apps,packages}/*/test/**/*.browser.test.ts", "test/packages/*.browser.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
