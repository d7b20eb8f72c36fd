import { createClient } from "@shoal/client";
import { ShoalProvider, useChannel } from "@shoal/react";
import { createRoot } from "react-dom/client";
import { board } from "./board.ts";

/** What the test reads: how often each component has rendered, and how often each did in the frame in which it did most. */
export interface Renders {
  readonly total: number[];
  readonly mostInFrame: number[];
  readonly frames: number;
}

const total: number[] = Array.from({ length: 50 }, () => 0);
const mostInFrame = [...total];
let inFrame = [...total];
let frames = 0;

function countFrames() {
  frames += 1;
  inFrame = inFrame.map(() => 0);
  requestAnimationFrame(countFrames);
}

function Value({ index }: { readonly index: number }) {
  const { state } = useChannel(board, {}, { select: ({ values }) => values[index] });
  total[index] = (total[index] ?? 0) + 1;
  inFrame[index] = (inFrame[index] ?? 0) + 1;
  mostInFrame[index] = Math.max(mostInFrame[index] ?? 0, inFrame[index] ?? 0);
  return <li>{state}</li>;
}

const client = createClient({ url: "/trpc", channels: [board] });
requestAnimationFrame(countFrames);
Object.assign(globalThis, { renders: (): Renders => ({ total, mostInFrame, frames }) });
createRoot(document.getElementById("root") as HTMLElement).render(
  <ShoalProvider client={client}>
    {total.map((_, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is what they are
      <Value key={index} index={index} />
    ))}
  </ShoalProvider>,
);
