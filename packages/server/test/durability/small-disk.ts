import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { temporaryFolder } from "./temporary-folder.ts";

const run = promisify(execFile);

export interface SmallDisk extends AsyncDisposable {
  file(name: string): string;
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  /** Gives the space back. */
  free(): Promise<void>;
}

/** A disk of so many KiB. `null` where this user may not mount one. Disposing of it takes it away. */
export async function mountSmallDisk(kib: number): Promise<SmallDisk | null> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const path = folder.file("disk");
  await mkdir(path);
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path]);
  } catch (error) {
    if (process.env.CI) throw error;
    return null;
  }
  stack.defer(async () => void (await run("umount", [path])));
  const ballast = `${path}/ballast`;
  const owned = stack.move();
  return {
    file: (name: string) => `${path}/${name}`,
    async fill(): Promise<void> {
      const error = await writeFile(ballast, Buffer.alloc((kib + 64) * 1_024)).catch(
        (error: NodeJS.ErrnoException) => error,
      );
      if (error?.code !== "ENOSPC") throw new Error("The disk is larger than it should be.", { cause: error });
    },
    free: () => rm(ballast),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
