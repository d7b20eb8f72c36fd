import { ShoalError } from "@shoal/contract";
import { type DocumentShare, type Documents, documents, documentText } from "@shoal/contract/documents";
import { ObservableV2 } from "lib0/observable";
import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { AnyClient, ClientChannel } from "../client.ts";
import { sameFields } from "../same.ts";
import { type Readable, Store } from "../store.ts";
import type { Topic } from "../topic.ts";
import { DocumentAwareness } from "./document-awareness.ts";
import { type DocumentFailure, failureFor, failureOfError, sameFailure } from "./document-failure.ts";
import { type DocumentHistory, documentHistory } from "./document-history.ts";
import type { OpenDocumentOptions } from "./document-options.ts";
import { type DocumentPerson, isWriter, ownMember, peopleOf, publicIdOf, roleOf } from "./document-people.ts";
import { updatesOf } from "./document-reading.ts";
import { DocumentReplica, restoreOrigin } from "./document-replica.ts";
import { DocumentSender, type ServerCopy } from "./document-sender.ts";
import { type DocumentState, initialDocumentState } from "./document-state.ts";
import { type DocumentStatus, documentStatus } from "./document-status.ts";
import { isTooLarge, LargeDocument } from "./large-document.ts";
import { noteWaiting } from "./waiting-changes.ts";

type Members = Topic<Documents>["current"]["members"];

type Events = {
  synced: (synced: boolean) => void;
  status: (status: DocumentStatus) => void;
  destroy: () => void;
};

/**
 * One document, kept the same as the server's, with the conventions of Yjs's providers: `synced`, `on("synced" | "status" | "destroy")`
 * and `destroy()`. What is written into `doc` is sent, and shown to the others when it is stored; what others write appears in `doc`, in
 * transactions whose origin is this object.
 */
export class SharedDocument extends ObservableV2<Events> implements Readable<DocumentState> {
  readonly documentId: string;
  readonly doc: Y.Doc;
  /** The text of the document. */
  readonly text: Y.Text;
  /** For the bindings of editors: cursors and selections of all who are here, with names and colours. */
  readonly awareness: Awareness;
  /**
   * Takes back what this user wrote, and nothing of the others. The bindings of editors add their own origin to `trackedOrigins`; who writes
   * under an origin of their own has to.
   */
  readonly undoManager: Y.UndoManager;
  readonly history: DocumentHistory;
  /** The topic of it: to `rename`, `share` and `remove` it. */
  readonly topic: Topic<Documents>;
  readonly #client: AnyClient;
  readonly #options: OpenDocumentOptions;
  readonly #channel: ClientChannel<Documents>;
  readonly #store = new Store<DocumentState>(initialDocumentState);
  readonly #sender: DocumentSender;
  readonly #presence: DocumentAwareness;
  readonly #publicId: string;
  readonly #stops: (() => void)[] = [];
  readonly #replica: DocumentReplica;
  readonly #large: LargeDocument;
  #looking = false;
  #connected = false;
  /** For good, whatever becomes of the topic. */
  #failure: DocumentFailure | undefined;
  #userId: string | undefined;
  #destroyed = false;

  constructor(client: AnyClient, options: OpenDocumentOptions) {
    super();
    const { documentId, doc = new Y.Doc() } = options;
    this.documentId = documentId;
    this.#client = client;
    this.#options = options;
    this.#channel = channelOf(client);
    this.topic = client.topic(documents, { documentId });
    this.doc = doc;
    this.text = doc.getText(documentText);
    this.#publicId = publicIdOf(client.clientId);
    this.#presence = new DocumentAwareness(doc, this.#publicId, this.topic.presence);
    this.awareness = this.#presence.awareness;
    this.undoManager = new Y.UndoManager(this.text, { trackedOrigins: new Set([null, restoreOrigin]) });
    this.#replica = new DocumentReplica({ doc, undoManager: this.undoManager, origin: this });
    this.#large = new LargeDocument({
      topic: this.topic,
      load: this.#channel.query.load,
      loaded: () => this.#beginAnew(),
      failed: (error) => this.#fail(failureOfError(error)),
    });
    this.#sender = new DocumentSender({
      doc,
      edit: this.topic.send.edit,
      copy: () => this.#copy(),
      changed: () => this.#publish(),
      failed: (failure) => this.#fail(failure),
    });
    this.history = documentHistory({
      documentId,
      query: this.#channel.query,
      send: this.topic.send,
      restore: (offset) => this.#restore(offset),
    });
    this.#begin();
    if (options.connect ?? true) this.connect();
  }

  get current(): DocumentState {
    return this.#store.current;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  get synced(): boolean {
    return this.current.synced;
  }

  get status(): DocumentState["status"] {
    return this.current.status;
  }

  get people(): readonly DocumentPerson[] {
    return this.current.people;
  }

  /** Begins to watch and to send, where it was opened without. */
  readonly connect = (): void => {
    const { topic } = this;
    if (this.#connected || this.#destroyed) return;
    this.#connected = true;
    this.#presence.show();
    // Whoever opens it asks, whatever was answered before.
    topic.retry();
    this.#stops.push(
      topic.subscribe(() => this.#lookSoon()),
      topic.onReset((reason) => {
        if (reason === "epoch" || reason === "ahead") this.#beginAnew();
      }),
      this.#client.connection.subscribe(() => this.#publish()),
    );
    this.#lookSoon();
  };

  readonly undo = (): void => void this.undoManager.undo();

  readonly redo = (): void => void this.undoManager.redo();

  /** Asks again for a document that the server has refused, such as one that was just shared with the user. Does nothing otherwise. */
  readonly retry = (): void => this.topic.retry();

  /**
   * Gives up this copy with what was not stored in it, and opens the server's document once more: the way on from a failure. Copy what is still
   * needed of `text` before.
   */
  readonly startAnew = (): SharedDocument => {
    this.#sender.stop();
    this.destroy();
    return new SharedDocument(this.#client, { ...this.#options, doc: undefined });
  };

  /** Ends it. Changes that wait are still sent as long as the client is there. */
  override destroy(): void {
    if (this.#destroyed) return;
    this.#client.checkUser();
    this.#destroyed = true;
    if (this.#replica.loaded && !this.topic.current.state) this.#sender.stop();
    else this.#sender.leave();
    noteWaiting(this.#client, this, 0);
    this.#large.end();
    for (const stop of this.#stops) stop();
    this.undoManager.destroy();
    this.#presence.leave();
    this.awareness.destroy();
    if (!this.#options.doc) this.doc.destroy();
    this.emit("destroy", []);
    super.destroy();
  }

  #begin(): void {
    const { doc, undoManager } = this;
    const written = (update: Uint8Array, origin: unknown) => {
      if (!this.#replica.brought(origin)) this.#sender.put(update);
    };
    const publish = () => this.#publish();
    doc.on("update", written);
    doc.on("afterTransaction", this.#replica.finish);
    this.#stops.push(
      () => doc.off("update", written),
      () => doc.off("afterTransaction", this.#replica.finish),
    );
    undoManager.on("stack-item-added", publish);
    undoManager.on("stack-item-popped", publish);
    undoManager.on("stack-cleared", publish);
  }

  /** After the frame, when it is told whether the state came as a snapshot; and once for all frames of a turn. */
  #lookSoon(): void {
    if (this.#looking) return;
    this.#looking = true;
    queueMicrotask(() => {
      this.#looking = false;
      if (!this.#destroyed) this.#look();
    });
  }

  #look(): void {
    const { status, state, members } = this.topic.current;
    if (status === "closed") this.#fail(failureFor("CLOSED"));
    else if (!state && this.#replica.loaded) this.#fail(failureFor("ANOTHER_USER"));
    this.#large.look();
    this.#meet(status === "live" ? members : []);
    if (state) this.#take(state);
    this.#sender.pump();
    this.#publish();
  }

  #meet(members: Members): void {
    const own = ownMember(members, this.#publicId);
    if (own) {
      if (this.#userId !== undefined && this.#userId !== own.id) this.#fail(failureFor("ANOTHER_USER"));
      this.#userId = own.id;
      this.#presence.identify(own);
    }
    this.#presence.take(this.#failure ? [] : members);
  }

  #take(state: Documents["state"]): void {
    // Of what the page had kept, or was written while it loaded, the server may lack some.
    if (!this.#replica.loaded && this.doc.store.clients.size > 0) this.#sender.compare();
    this.#replica.take(state);
  }

  /** What both have is brought together, and what the server has lost is sent to it again. */
  #beginAnew(): void {
    if (!this.#replica.loaded) return;
    this.#replica.reset();
    this.#sender.compare(true);
  }

  async #restore(offset: number): ReturnType<DocumentHistory["restore"]> {
    await this.#sender.idle();
    this.#client.checkUser();
    if (!this.#destroyed) this.#look();
    // What one user asked for is not done as another.
    if (this.#failure) throw this.#failure.error ?? new ShoalError("CLOSED", this.#failure.message);
    const { outcome } = await this.#replica.restore(async () => {
      const outcome = await this.topic.send.restore({ offset });
      return { outcome, edits: outcome.ok ? outcome.result.edits : undefined };
    });
    this.#lookSoon();
    return outcome;
  }

  #copy(): ServerCopy | undefined {
    // What one user wrote is not sent as another: where it is another one, the topic has no state any more.
    this.#client.checkUser();
    const { status, state, offset } = this.topic.current;
    if (status !== "live" || !this.#replica.loaded || !this.#mayEdit || state?.status !== "present") return undefined;
    return { offset: offset ?? 0, updates: () => updatesOf(state) };
  }

  /** Undefined while it is not known who the user is. */
  get #mayEdit(): boolean | undefined {
    const { state } = this.topic.current;
    if (this.#userId === undefined || !state) return undefined;
    const { mayEdit = isWriter } = this.#options;
    return mayEdit(roleOf(state.shares, this.#userId));
  }

  #fail(failure: DocumentFailure): void {
    if (this.#failure || this.#destroyed) return;
    this.#failure = failure;
    this.#sender.stop();
    if (failure.reason === "ANOTHER_USER") this.#presence.leave();
    this.#publish();
  }

  #failureNow(): DocumentFailure | undefined {
    const { status, state, error } = this.topic.current;
    if (this.#failure) return this.#failure;
    if (status === "failed" && !isTooLarge(status, error)) return failureOfError(error);
    if (status !== "live") return undefined;
    if (state.status === "removed") return failureFor("GONE");
    if (state.status === "absent") return failureFor("NOT_FOUND");
    return this.#mayEdit === false && this.#sender.changes > 0 ? failureFor("READ_ONLY") : undefined;
  }

  #publish(): void {
    if (this.#destroyed) return;
    const before = this.current;
    const next = this.#state(before);
    if (sameFields(before, next)) return;
    noteWaiting(this.#client, this, next.waiting);
    this.#store.set(next);
    if (next.synced !== before.synced) this.emit("synced", [next.synced]);
    const { status, waiting, failure } = next;
    if (status !== before.status || waiting !== before.waiting || failure !== before.failure)
      this.emit("status", [{ status, waiting, failure } as DocumentStatus]);
  }

  #state(before: DocumentState): DocumentState {
    const { status: topicStatus, state, members } = this.topic.current;
    const failure = this.#failureNow();
    const live = topicStatus === "live";
    const mayEdit = this.#mayEdit;
    const facts = {
      failure: failure && sameFailure(before.failure, failure),
      // Whether it is to be read or written, too.
      loaded: this.#replica.loaded && mayEdit !== undefined,
      live,
      connection: this.#client.connection.current.status,
      waiting: this.#sender.changes,
      mayEdit,
    };
    const { status, waiting } = documentStatus(facts);
    const { title = before.title, shares = before.shares, versions = before.versions } = state ?? {};
    return {
      status,
      waiting,
      failure: facts.failure,
      synced: facts.loaded && live && !failure,
      canEdit: facts.loaded && mayEdit === true && !failure,
      role: roleOf(shares, this.#userId),
      title,
      shares,
      versions,
      people: this.#people(live && !failure ? members : [], shares),
      canUndo: this.undoManager.canUndo(),
      canRedo: this.undoManager.canRedo(),
    };
  }

  /** The same list as long as the same people are here: where their cursors are is no matter of it. */
  #people(members: Members, shares: readonly DocumentShare[]): readonly DocumentPerson[] {
    const next = peopleOf(members, shares, this.#userId);
    const { people } = this.current;
    const same = people.length === next.length && next.every((person, at) => sameFields(person, people[at] ?? person));
    return same ? people : next;
  }
}

function channelOf(client: AnyClient): ClientChannel<Documents> {
  const { documents } = client as AnyClient & { readonly documents?: ClientChannel<Documents> };
  if (documents) return documents;
  const message = 'The client has no channel "documents". Add it to `channels` of createClient.';
  throw new ShoalError("BAD_REQUEST", message);
}
