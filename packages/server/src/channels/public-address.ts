import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { Undeliverable } from "./undeliverable.ts";

/** What is no address of a host in public, by RFC 6890 and what follows it. An address of IPv4 within one of IPv6 counts as itself. */
const reserved = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  reserved.addSubnet(net, prefix, "ipv4");

/** Of IPv6 only what is given out at all is public, without what leads into IPv4 by another way. */
const given = new BlockList();
given.addSubnet("2000::", 3, "ipv6");
for (const [net, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  reserved.addSubnet(net, prefix, "ipv6");

/** Whether an address, of IPv4 or IPv6, is one of a host in public. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !reserved.check(address, "ipv4");
  return version === 6 && given.check(address, "ipv6") && !reserved.check(address, "ipv6");
}

/** Whether a URL may lead to a host in public, as far as it tells: where a name leads is known when it is looked up. */
export function mayBePublic({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  return isIP(host) ? isPublicAddress(host) : host.includes(".") && !/\.(localhost|local|internal)$/.test(host);
}

/** Looks a name up for a socket, as Node does by itself, but fails where it leads to an address that is not in public. */
export const lookupPublic: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const hidden = addresses?.find(({ address }) => !isPublicAddress(address));
    const refusal = hidden && new Undeliverable(`"${hostname}" leads to ${hidden.address}, which is not in public.`);
    const [first] = addresses ?? [];
    if (error || refusal || !first) done(error ?? refusal ?? new Error(`"${hostname}" leads nowhere.`), []);
    else if (options.all) done(null, addresses);
    else done(null, first.address, first.family);
  });
};
