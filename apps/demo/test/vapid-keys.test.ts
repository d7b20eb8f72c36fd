import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readVapidKeys } from "../server/read-vapid-keys.ts";
import { temporaryFolder } from "./demo.ts";

test("The keys for push are made once, kept for their owner alone, and of another server others", async () => {
  await using one = await temporaryFolder();
  await using other = await temporaryFolder();

  const keys = await readVapidKeys(one.path);

  expect(await readVapidKeys(one.path)).toEqual(keys);
  expect(await readVapidKeys(other.path)).not.toEqual(keys);
  expect((await stat(join(one.path, "vapid.json"))).mode & 0o777).toBe(0o600);
});

test("A file that holds no keys is told of, with what to do", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "vapid.json"), "{}");

  await expect(readVapidKeys(folder.path)).rejects.toThrow("Delete it");
});
