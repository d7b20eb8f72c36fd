import { createClient } from "@shoal/client";
import { ShoalProvider, useChannel, usePresence } from "@shoal/react";
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { board } from "./board.ts";

/** What the test reads: how often a visitor was mounted and unmounted. */
export interface Mounts {
  readonly mounted: number;
  readonly unmounted: number;
}

let mounted = 0;
let unmounted = 0;

function Visitor() {
  const { state } = useChannel(board, {});
  const { members } = usePresence(board, {}, { looking: true });
  useEffect(() => {
    mounted += 1;
    return () => {
      unmounted += 1;
    };
  }, []);
  return (
    <p>
      {members.length} of us look at {state?.values.length} values
    </p>
  );
}

function Page() {
  const [here, setHere] = useState(true);
  return (
    <>
      <button type="button" onClick={() => setHere(!here)}>
        {here ? "Leave" : "Come"}
      </button>
      {here && <Visitor />}
    </>
  );
}

const client = createClient({ url: "/trpc", channels: [board] });
Object.assign(globalThis, { mounts: (): Mounts => ({ mounted, unmounted }) });
createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <ShoalProvider client={client}>
      <Page />
    </ShoalProvider>
  </StrictMode>,
);
