import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isCode } from "./is-code.ts";

const bytes = 32;

/** The key that signs tokens: random, made at the first start, and readable by its owner alone. */
export async function readSecret(dataDir: string): Promise<Uint8Array> {
  const path = join(dataDir, "secret");
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, randomBytes(bytes), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  }
  const secret = await readFile(path);
  if (secret.length === bytes) return secret;
  throw new Error(`${path} is not a key of ${bytes} bytes. Delete it; everybody will have to sign in again.`);
}
