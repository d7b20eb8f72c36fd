import "./support/page.ts";

import { ShoalProvider, useChannel, useConnection } from "@shoal/react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { describe, expect, test } from "vitest";
import { connect } from "../../client/test/support/connect.ts";
import { counter } from "../../client/test/support/counter.ts";
import { startServer } from "../../client/test/support/server.ts";
import { until } from "../../client/test/support/until.ts";

function Page() {
  const { status, state } = useChannel(counter, { counterId: "home" });
  return `${useConnection().status} ${status} ${state?.value ?? "-"}`;
}

describe("a page that is rendered on a server", () => {
  test("shows that it connects, and opens no connection", () => {
    const client = connect({ url: "/trpc" }, null);
    const html = renderToString(<ShoalProvider client={client}>{<Page />}</ShoalProvider>);
    expect(html).toBe("idle connecting -");
    expect(client.connection.current.status).toBe("idle");
  });

  test("is taken over without a difference by a client that is live already, and then shows the state", async () => {
    await using server = await startServer();
    await using ann = connect(server, "ann");
    const topic = ann.counter({ counterId: "home" });
    topic.subscribe(() => {});
    await until(topic, ({ status }) => status === "live");
    const page = <ShoalProvider client={ann}>{<Page />}</ShoalProvider>;
    const container = document.createElement("main");
    container.innerHTML = renderToString(page);
    const differences: unknown[] = [];
    const root = hydrateRoot(container, page, { onRecoverableError: (error) => differences.push(error) });
    await expect.poll(() => container.textContent, { timeout: 4_000 }).toBe("open live 0");
    expect(differences).toEqual([]);
    root.unmount();
  });
});

describe("a hook without a provider", () => {
  test("says what is missing", () => {
    expect(() => renderToString(<Page />)).toThrow("<ShoalProvider");
  });
});
