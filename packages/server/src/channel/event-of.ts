import type { ChannelTypes, FrameEvent } from "@shoal/contract";
import type { NoPrivate, PrivateTypes } from "./define-private.ts";

/** What goes with an event of this type, where the private part declares a secret of it. */
type SecretOf<X extends PrivateTypes, K> = K extends keyof X["secrets"] ? X["secrets"][K] : unknown;

/** An event that was decided, told apart by its `type`, with its secret and without whose command it came from. */
export type EventOf<T extends ChannelTypes, X extends PrivateTypes = NoPrivate> = {
  [K in keyof T["events"]]: Omit<FrameEvent<Pick<T["events"], K>>, "commandId"> & { readonly secret: SecretOf<X, K> };
}[keyof T["events"]];

/** An event as `project` gets it: with who caused it and with its secret. */
export type ProjectedEvent<T extends ChannelTypes, X extends PrivateTypes> = {
  [K in keyof T["events"]]: FrameEvent<Pick<T["events"], K>> & {
    readonly userId: string | null;
    readonly secret: SecretOf<X, K>;
  };
}[keyof T["events"]];
