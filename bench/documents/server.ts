import { answer } from "../support/worker.ts";
import type { ContenderName } from "./contenders.ts";
import { hocuspocusHost } from "./hosts/hocuspocus.ts";
import type { Edit, Host } from "./hosts/host.ts";
import { mergingRelayHost, relayHost } from "./hosts/relay.ts";
import { shoalHost } from "./hosts/shoal.ts";

const hosts: Readonly<Record<ContenderName, (path: string, port: number) => Promise<Host>>> = {
  shoal: shoalHost,
  hocuspocus: hocuspocusHost,
  relay: relayHost,
  mergingRelay: mergingRelayHost,
};

const [, , name = "", path = "", port = "0"] = process.argv;
const host = await hosts[name as ContenderName](path, Number(port));

answer({
  port: () => host.port,
  create: (users: readonly string[]) => host.create(users),
  fill: (edits: readonly Edit[]) => host.fill(edits),
  /** Microseconds of CPU that this process has used. */
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
});
