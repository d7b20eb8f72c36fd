import { existsSync } from "node:fs";
import { join } from "node:path";
import { isCode } from "./is-code.ts";
import { startDemo } from "./start-demo.ts";

const webDir = join(import.meta.dirname, "../dist");

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const { PORT = "4400", DATA_DIR = ".shoal", COMMANDS_PER_MINUTE, METRICS_TOKEN } = env;
  const port = readPort(PORT);
  const rates = COMMANDS_PER_MINUTE === undefined ? {} : { commandsPerMinute: readRate(COMMANDS_PER_MINUTE) };
  if (!existsSync(join(webDir, "index.html"))) fail("The web app is not built. Start the demo with `npm start`.");
  const metrics = METRICS_TOKEN ? { metricsToken: METRICS_TOKEN } : {};
  const demo = await startDemo({ port, dataDir: DATA_DIR, webDir, rates, ...metrics }).catch((error: unknown) => {
    if (isCode(error, "EADDRINUSE")) fail(`Port ${port} is taken. Choose another one: PORT=4500 npm start`);
    fail(`The demo cannot start with the data folder "${DATA_DIR}". ${error instanceof Error ? error.message : error}`);
  });
  console.log(`Shoal is at ${demo.url}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void demo.close());
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  fail(`PORT is "${text}", which is no port. Give it a number from 0 to 65535.`);
}

function readRate(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  fail(`COMMANDS_PER_MINUTE is "${text}". Give it a whole number; 0 is as many as one likes.`);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

await main(process.env);
