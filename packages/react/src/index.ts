export { ShoalProvider, useClient } from "./provider.tsx";
export { type UseChannel, useChannel } from "./use-channel.ts";
export { useConnection } from "./use-connection.ts";
