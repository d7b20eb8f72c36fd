import { errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod/mini";

/** Who is signed in. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
}

/** Somebody's session, as the browser keeps it. */
export interface Session {
  readonly user: DemoUser;
  /** What proves it. */
  readonly token: string;
  /** From when on another token is worth asking for, in milliseconds since the epoch by the server's clock. */
  readonly renewAt: number;
}

/** Who calls: `refused` came with a token that is not, or no longer, good. */
export type Visitor =
  | { readonly kind: "anonymous" }
  | { readonly kind: "signedIn"; readonly user: DemoUser; readonly expiresAt: number }
  | { readonly kind: "refused"; readonly reason: string };

const sessionExpired = "Your session has expired. Sign in again.";
const sessionInvalid = "Your session is not valid on this server. Sign in again.";

const claims = z.object({ sub: z.string(), name: z.string(), exp: z.number() });

/** Signs people in by tokens of their own (JWT), which the server need not remember. */
export class Sessions {
  readonly #secret: Uint8Array;
  readonly #lifetimeMs: number;

  constructor(secret: Uint8Array, lifetimeMs: number) {
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Begins a session, or goes on with one: each token lasts as long as the first. */
  async begin(user: DemoUser): Promise<Session> {
    const now = Date.now();
    const token = await new SignJWT({ name: user.name })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime(new Date(now + this.#lifetimeMs))
      .sign(this.#secret);
    // Well before half of it is over, which is when a connection that lives that long is asked for another.
    return { user, token, renewAt: now + this.#lifetimeMs / 4 };
  }

  /** Never throws: a context that cannot be made ends the connection without a word. */
  async visitor(token: string | undefined): Promise<Visitor> {
    if (token === undefined) return { kind: "anonymous" };
    try {
      const { payload } = await jwtVerify(token, this.#secret, { algorithms: ["HS256"] });
      const { sub, name, exp } = z.parse(claims, payload);
      return { kind: "signedIn", user: { id: sub, name }, expiresAt: exp * 1_000 };
    } catch (error) {
      return { kind: "refused", reason: error instanceof errors.JWTExpired ? sessionExpired : sessionInvalid };
    }
  }
}
