import { join } from "node:path";
import { createSqliteStore, type RateOptions, type ServeHandle, serve } from "@shoal/server";
import { prometheus } from "@shoal/server/prometheus";
import { createApi } from "./api.ts";
import { contextOf } from "./context-of.ts";
import { readSecret } from "./read-secret.ts";
import { readVapidKeys } from "./read-vapid-keys.ts";
import { Sessions } from "./sessions.ts";
import { SimulatedBidding } from "./simulated-bidding.ts";
import { webFiles } from "./web-files.ts";
import { Working } from "./working.ts";

const week = 7 * 24 * 60 * 60 * 1_000;

export interface DemoOptions {
  /** The port; 0 takes a free one. */
  readonly port: number;
  /** Where the server keeps what must outlive it; made when it is not there. */
  readonly dataDir: string;
  /**
   * The built web app.
   * @default none: only the API is served
   */
  readonly webDir?: string;
  /**
   * How long a session lasts that is not renewed, in milliseconds.
   * @default a week
   */
  readonly sessionMs?: number;
  /**
   * How often each person may ask something of each channel.
   * @default Shoal's own
   */
  readonly rates?: RateOptions;
  /**
   * What a scraper brings to read the server's metrics at `/metrics`.
   * @default none: nobody may
   */
  readonly metricsToken?: string;
  /**
   * Whether people are notified of the server's alerts.
   * @default true
   */
  readonly alarms?: boolean;
}

/**
 * Starts the demo: the API and the web app on one port.
 *
 * @throws when the port cannot be listened on, or the data folder cannot be used
 */
export async function startDemo(options: DemoOptions): Promise<ServeHandle> {
  const { port, dataDir, webDir, sessionMs = week, rates = {}, alarms = true, metricsToken } = options;
  await using cleanup = new AsyncDisposableStack();
  const secret = await readSecret(dataDir);
  const sessions = new Sessions(secret, sessionMs);
  const { router, realtime } = createApi({
    sessions,
    store: createSqliteStore({ path: join(dataDir, "shoal.db") }),
    rates,
    vapidKeys: await readVapidKeys(dataDir),
    secret,
    alarms,
  });
  cleanup.defer(() => realtime.close());
  // Whoever starts the demo should learn that the store cannot be opened, and not the first visitor.
  await realtime.open();
  cleanup.use(new SimulatedBidding(realtime));
  cleanup.use(new Working(realtime));
  const handle = await serve({
    router,
    createContext: contextOf(sessions),
    port,
    ...(metricsToken && { metrics: { report: prometheus(realtime), token: metricsToken } }),
    ...(webDir !== undefined && { fallback: webFiles(webDir) }),
  });
  cleanup.defer(() => handle.close());
  const all = cleanup.move();
  return { ...handle, close: () => all.disposeAsync() };
}
