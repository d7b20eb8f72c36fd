import { QueryClient, QueryClientProvider, useMutation, useQuery } from "@tanstack/react-query";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { createTRPCOptionsProxy, useSubscription } from "@trpc/tanstack-react-query";
import { createRoot } from "react-dom/client";
import "./support/page.ts";
import { expect, test } from "vitest";
import { startServer, type TestServer } from "../../client/test/support/server.ts";

type Router = TestServer["realtime"]["router"];

interface PageProps {
  readonly trpc: ReturnType<typeof createTRPCOptionsProxy<Router>>;
  readonly onFrame: (kind: string) => void;
}

function Page({ trpc, onFrame }: PageProps) {
  const double = useQuery(trpc.counter.double.queryOptions({ of: 4 }));
  const { data: outcome, mutate } = useMutation(trpc.counter.add.mutationOptions());
  const onData = ({ data }: { readonly data: { readonly kind: string } }) => onFrame(data.kind);
  useSubscription(trpc.counter.watch.subscriptionOptions({ counterId: "home" }, { onData }));
  return (
    <button type="button" onClick={() => mutate({ counterId: "home", by: 3 })}>
      {`${double.data?.result} ${outcome?.ok ? outcome.offset : "-"}`}
    </button>
  );
}

test("tRPC's own integration of TanStack Query queries, commands and watches on the same router", async () => {
  await using server = await startServer({ atRoot: true });
  const socket = createWSClient({ url: server.url.replace("http", "ws"), connectionParams: { token: "ann" } });
  const client = createTRPCClient<Router>({ links: [wsLink({ client: socket })] });
  const queryClient = new QueryClient();
  const trpc = createTRPCOptionsProxy<Router>({ client, queryClient });
  const kinds: string[] = [];
  const container = document.createElement("main");
  document.body.append(container);
  const root = createRoot(container);
  root.render(
    <QueryClientProvider client={queryClient}>
      <Page trpc={trpc} onFrame={(kind) => kinds.push(kind)} />
    </QueryClientProvider>,
  );
  const shows = (text: string) => expect.poll(() => container.textContent, { timeout: 4_000 }).toBe(text);
  const heard = (...wanted: string[]) => expect.poll(() => kinds, { timeout: 4_000 }).toEqual(wanted);
  await shows("8 -");
  await heard("snapshot", "presence");
  container.querySelector("button")?.click();
  await shows("8 1");
  await heard("snapshot", "presence", "events");
  expect(queryClient.getQueryData(trpc.counter.double.queryKey({ of: 4 }))).toEqual({ result: 8 });
  root.unmount();
  await socket.close();
});
