import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import webPush from "web-push";
import * as z from "zod/mini";
import { isCode } from "./is-code.ts";

const keys = z.object({ publicKey: z.string(), privateKey: z.string() });

/** What the server signs its pushes with. */
export type VapidKeys = z.output<typeof keys>;

/** The pair of keys by which push services know this server: made at the first start, and readable by its owner alone. */
export async function readVapidKeys(dataDir: string): Promise<VapidKeys> {
  const path = join(dataDir, "vapid.json");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, JSON.stringify(webPush.generateVAPIDKeys()), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
  try {
    return z.parse(keys, JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new Error(`${path} is no pair of keys. Delete it; browsers will have to ask for push again.`, { cause });
  }
}
