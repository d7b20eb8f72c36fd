import { answer } from "../support/worker.ts";
import { portOf } from "../wire/hosts/host.ts";
import type { ContenderName } from "./contenders.ts";
import { type Host, sharedHost, snapshotHost } from "./hosts.ts";
import { shoalHost } from "./shoal.ts";

const hosts: Readonly<Record<ContenderName, () => Promise<Host>>> = {
  each: snapshotHost(false),
  once: snapshotHost(true),
  shared: sharedHost,
  shoal: shoalHost,
};

const { server, publish, begin } = await hosts[process.argv[2] as ContenderName]();

answer({
  port: () => portOf(server),
  /** Microseconds of CPU that this process has used. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  begin: () => begin?.(),
  publish,
});
