import { createMemoryHub } from "@shoal/server";
import { brokerSuite } from "../suites/broker-suite.ts";

brokerSuite("The memory hub", async () => {
  const node = createMemoryHub();
  return { node: async () => node(), [Symbol.asyncDispose]: async () => {} };
});
