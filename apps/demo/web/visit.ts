import { closeNotifications, unsubscribeFromPush } from "@shoal/client/notifications";
import { createDemoClient, type DemoClient } from "./client.ts";
import { onSessionElsewhere, type Session, storedSession, storeSession } from "./session.ts";
import { Store } from "./store.ts";

/** How long a client may take to say that its user gets no push here any more, in milliseconds. */
const lastWordsMs = 3_000;

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
  const { client, session } = visit.current;
  const left = session && leavePush(client, session);
  closeNotifications().catch(() => {});
  storeSession(null);
  begin(null, notice, left);
}

/** @param last - what the client that goes has to do still */
function begin(session: Session | null, notice?: string, last?: Promise<void> | null): void {
  const { client } = visit.current;
  visit.set(visitOf(session, notice));
  void Promise.resolve(last).then(() => client.close());
}

/** Whoever signs in next, and who only finds the browser, gets nothing that is this user's. */
function leavePush(client: DemoClient, { user }: Session): Promise<void> {
  const told = unsubscribeFromPush(client.pushDevices({ userId: user.id })).catch(() => {});
  return Promise.race([told, new Promise<void>((resolve) => setTimeout(resolve, lastWordsMs))]);
}

function visitOf(session: Session | null, notice?: string): Visit {
  return { session, client: createDemoClient(session), notice };
}
