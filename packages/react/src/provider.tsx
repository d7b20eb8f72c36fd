"use client";

import type { AnyClient } from "@shoal/client";
import { createContext, type ReactNode, useContext } from "react";

const ClientContext = createContext<AnyClient | null>(null);

/** Gives the hooks below it their client. Create the client once, outside of any component. */
export function ShoalProvider({ client, children }: { readonly client: AnyClient; readonly children?: ReactNode }) {
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** @throws when there is no `<ShoalProvider>` above */
export function useClient(): AnyClient {
  const client = useContext(ClientContext);
  if (!client) throw new Error("Shoal's hooks need a <ShoalProvider client={…}> above them.");
  return client;
}
