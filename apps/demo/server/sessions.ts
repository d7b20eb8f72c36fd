import { errors, jwtVerify, SignJWT } from "jose";
import * as z from "zod/mini";

/** Who is signed in. */
export interface DemoUser {
  readonly id: string;
  readonly name: string;
}

/** Who calls: `refused` came with a token that is not, or no longer, good. */
export type Visitor =
  | { readonly kind: "anonymous" }
  | { readonly kind: "signedIn"; readonly user: DemoUser; readonly expiresAt: number }
  | { readonly kind: "refused"; readonly reason: string };

export const sessionExpired = "Your session has expired. Sign in again.";
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

  async issue({ id, name }: DemoUser): Promise<string> {
    return await new SignJWT({ name })
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(id)
      .setIssuedAt()
      .setExpirationTime(new Date(Date.now() + this.#lifetimeMs))
      .sign(this.#secret);
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
