import { ShoalProvider } from "@shoal/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { LobbyPage } from "./auctions/lobby-page.tsx";
import { LotPage } from "./auctions/lot-page.tsx";
import { NewLotPage } from "./auctions/new-lot-page.tsx";
import { DocumentLoading } from "./documents/document-loading.tsx";
import { DocumentsPage } from "./documents/documents-page.tsx";
import { HomePage } from "./home/home-page.tsx";
import { LandingPage } from "./landing/landing-page.tsx";
import { Notifier } from "./notifications/notifier.tsx";
import { SettingsPage } from "./notifications/settings-page.tsx";
import { LazyOperationsPage } from "./operations/lazy-operations-page.tsx";
import { RoomPage } from "./room/room-page.tsx";
import { useRoute } from "./router.ts";
import { UnknownPage } from "./shell/unknown-page.tsx";
import { useStore } from "./store.ts";
import { UserContext } from "./user.ts";
import { visit } from "./visit.ts";

/** Yjs is for those alone who open a document, and CodeMirror for those who write in one. */
const DocumentPage = lazy(() => import("./documents/document-page.tsx"));
const HistoryPage = lazy(() => import("./documents/history-page.tsx"));

export function App() {
  const { client, session, notice } = useStore(visit);
  return (
    <ShoalProvider client={client}>
      <UserContext value={session?.user ?? null}>
        {session ? <SignedIn key={session.user.id} /> : <SignedOut notice={notice} />}
      </UserContext>
    </ShoalProvider>
  );
}

/** Auctions are for everybody to look at. */
function SignedOut({ notice }: { readonly notice: string | undefined }) {
  const route = useRoute();
  if (route.page === "auctions") return <LobbyPage />;
  if (route.page === "auction") return <LotPage key={route.auctionId} auctionId={route.auctionId} />;
  return <LandingPage notice={notice} />;
}

/** What somebody has read is for them alone. */
function SignedIn() {
  const queryClient = useMemo(() => new QueryClient(), []);
  return (
    <QueryClientProvider client={queryClient}>
      <Page />
      <Notifier />
    </QueryClientProvider>
  );
}

function Page() {
  const route = useRoute();
  switch (route.page) {
    case "home":
      return <HomePage />;
    case "room":
      return <RoomPage key={route.roomId} roomId={route.roomId} />;
    case "notificationSettings":
      return <SettingsPage />;
    case "auctions":
      return <LobbyPage />;
    case "newAuction":
      return <NewLotPage />;
    case "auction":
      return <LotPage key={route.auctionId} auctionId={route.auctionId} />;
    case "operations":
      return <LazyOperationsPage />;
    case "documents":
      return <DocumentsPage />;
    case "document":
      return (
        <Suspense fallback={<DocumentLoading />}>
          <DocumentPage key={route.documentId} documentId={route.documentId} />
        </Suspense>
      );
    case "documentHistory":
      return (
        <Suspense fallback={<DocumentLoading />}>
          <HistoryPage key={route.documentId} documentId={route.documentId} />
        </Suspense>
      );
    case "unknown":
      return <UnknownPage path={route.path} />;
  }
}
