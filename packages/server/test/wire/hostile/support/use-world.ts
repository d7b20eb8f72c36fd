import { afterAll, afterEach, beforeAll } from "vitest";
import type { StartOptions } from "../../../support/app.ts";
import { startWorld, type World } from "./world.ts";

/** One world for all cases of a file, which is unharmed after each of them and has not grown after all. */
export function useWorld(options?: StartOptions): Omit<World, "expectNoGrowth" | keyof AsyncDisposable> {
  let world: World;
  beforeAll(async () => {
    world = await startWorld(options);
  });
  afterEach(() => world.unharmed());
  afterAll(async () => {
    await world.expectNoGrowth();
    await world[Symbol.asyncDispose]();
  });
  return {
    get app() {
      return world.app;
    },
    get port() {
      return world.port;
    },
    connections: () => world.connections(),
    open: (query) => world.open(query),
    sumOf: (counterId) => world.sumOf(counterId),
    unharmed: () => world.unharmed(),
  };
}
