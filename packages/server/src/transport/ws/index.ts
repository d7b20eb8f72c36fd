export {
  type CreateWSSContextFn,
  type CreateWSSContextFnOptions,
  type Encoder,
  jsonEncoder,
  type WSConnectionHandlerOptions,
} from "@trpc/server/adapters/ws";
export * from "./apply-wss-handler.ts";
export type { WSSHandlerOptions } from "./handling.ts";
export { handleKeepAlive } from "./keep-alive.ts";
export { type SocketLimits, serverLimits } from "./limits.ts";
