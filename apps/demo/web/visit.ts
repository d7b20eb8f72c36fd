import { createDemoClient, type DemoClient } from "./client.ts";
import { onSessionElsewhere, type Session, storedSession, storeSession } from "./session.ts";
import { Store } from "./store.ts";

/** Who visits, with the client that speaks for them. */
export interface Visit {
  readonly session: Session | null;
  readonly client: DemoClient;
  /** Why nobody is signed in any more, for the sign-in to tell. */
  readonly notice: string | undefined;
}

/** The visit of this tab. */
export const visit = new Store<Visit>(visitOf(storedSession()));

onSessionElsewhere(() => {
  const session = storedSession();
  if (session?.user.id !== visit.current.session?.user.id) begin(session);
});

export function signIn(session: Session): void {
  storeSession(session);
  begin(session);
}

/** @param notice - tells why, where it was not the user who wished it */
export function signOut(notice?: string): void {
  storeSession(null);
  begin(null, notice);
}

function begin(session: Session | null, notice?: string): void {
  const { client } = visit.current;
  visit.set(visitOf(session, notice));
  void client.close();
}

function visitOf(session: Session | null, notice?: string): Visit {
  return { session, client: createDemoClient(session), notice };
}
