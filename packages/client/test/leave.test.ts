import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startServer } from "./support/server.ts";

test.each([
  ["WebSocket", true],
  ["HTTP", false],
])("A program ends once its client is closed, over %s", async (_way, sockets) => {
  await using server = await startServer({ sockets });
  const program = fileURLToPath(new URL("support/leave.ts", import.meta.url));

  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions", "@shoal/source", program, server.url],
    {
      timeout: 20_000,
    },
  );

  expect(stdout).toBe("closed\n");
});
