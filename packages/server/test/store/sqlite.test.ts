import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSqliteStore } from "@shoal/server";
import { storeSuite } from "../suites/store-suite.ts";

storeSuite("The SQLite store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoal-"));
  const open = async () => {
    const opened = createSqliteStore({ path: join(folder, "shoal.db") });
    await opened.open();
    return opened;
  };
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
