/** Who is signed in, as far as this page knows; the server decides. */

import { RequestFailed, type Rest } from "../protocol/http";
import type { Me } from "../protocol/messages";

export type SessionPhase =
  | "checking" // asking the server
  | "unreachable" // it does not answer
  | "signed_out"
  | "must_change_password"
  | "signed_in";

/** What went wrong, for the screen to word. */
export interface Failure {
  readonly code: string;
  readonly retryAfter: number | null;
}

export class Session {
  phase = $state<SessionPhase>("checking");
  me = $state.raw<Me | null>(null);
  /** Why the person is on the sign-in page again: the session ended, or was ended. */
  ended = $state(false);

  constructor(readonly rest: Rest) {}

  async check(): Promise<void> {
    if (this.phase === "unreachable") this.phase = "checking";
    try {
      this.#adopt(await this.rest.me());
    } catch {
      // Signed in and the server is away for a moment: the page stays as it is.
      if (this.phase === "checking") this.phase = "unreachable";
    }
  }

  async signIn(person: string, password: string): Promise<Failure | null> {
    return this.#attempt(async () => {
      this.ended = false;
      this.#adopt(await this.rest.signIn({ person, password }));
    });
  }

  async changePassword(current: string, next: string): Promise<Failure | null> {
    return this.#attempt(async () => this.#adopt(await this.rest.changePassword({ current, new: next })));
  }

  async signOut(): Promise<Failure | null> {
    return this.#attempt(async () => {
      await this.rest.signOut();
      this.me = null;
      this.phase = "signed_out";
    });
  }

  /** The server ended the session; whoever was at work has to sign in again. */
  lost(): void {
    if (this.me !== null) this.ended = true;
    this.me = null;
    this.phase = "signed_out";
  }

  #adopt(me: Me | null): void {
    if (me === null) {
      this.lost();
      return;
    }
    this.me = me;
    this.phase = me.must_change_password ? "must_change_password" : "signed_in";
  }

  async #attempt(work: () => Promise<void>): Promise<Failure | null> {
    try {
      await work();
      return null;
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return { code: error.code, retryAfter: error.retryAfter };
    }
  }
}
