/** The REST interface: requests with the session's cookie, errors as the server words them (RFC 9457). */

import type {
  ChangePassword,
  LabelCatalogue,
  Me,
  Problem,
  SessionList,
  SignIn,
  Softphone,
  VoicemailList,
} from "./messages";

/** A request that was refused or could not be made. `code` is the server's, or `unreachable`. */
export class RequestFailed extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryAfter: number | null,
    detail: string,
    /** All that the server says about it. */
    readonly problem: Partial<Problem> = {},
  ) {
    super(detail);
  }
}

export class Rest {
  constructor(readonly fetcher: typeof fetch = (input, init) => fetch(input, init)) {}

  /** Who is signed in; `null` when nobody is. */
  async me(): Promise<Me | null> {
    try {
      return await this.request<Me>("GET", "/api/v1/me");
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return null;
      throw error;
    }
  }

  signIn(body: SignIn): Promise<Me> {
    return this.request<Me>("POST", "/api/v1/session", body);
  }

  signOut(): Promise<void> {
    return this.request<void>("DELETE", "/api/v1/session");
  }

  changePassword(body: ChangePassword): Promise<Me> {
    return this.request<Me>("PUT", "/api/v1/me/password", body);
  }

  softphone(): Promise<Softphone> {
    return this.request<Softphone>("GET", "/api/v1/softphone");
  }

  labels(): Promise<LabelCatalogue> {
    return this.request<LabelCatalogue>("GET", "/api/v1/labels");
  }

  sessions(): Promise<SessionList> {
    return this.request<SessionList>("GET", "/api/v1/sessions");
  }

  endSession(session: string): Promise<void> {
    return this.request<void>("DELETE", `/api/v1/sessions/${encodeURIComponent(session)}`);
  }

  voicemails(): Promise<VoicemailList> {
    return this.request<VoicemailList>("GET", "/api/v1/voicemails");
  }

  handleVoicemail(voicemail: number): Promise<void> {
    return this.request<void>("POST", `/api/v1/voicemails/${voicemail}/handled`);
  }

  /** Ask for something under /api/v1. A `Blob` is sent as it is, everything else as JSON. */
  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
    if (body instanceof Blob) {
      init.body = body;
      init.headers = { "content-type": "application/octet-stream" };
    } else if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    let response: Response;
    try {
      response = await this.fetcher(path, init);
      if (response.status === 204) return undefined as T;
      if (response.ok) return (await response.json()) as T; // which may break off, or be a page of the network's own
    } catch {
      throw new RequestFailed("unreachable", 0, null, "the server cannot be reached");
    }
    throw await failure(response);
  }
}

/** Something between us and the server (a proxy) may answer too: then there is no problem body to read. */
async function failure(response: Response): Promise<RequestFailed> {
  const problem: Partial<Problem> = await response.json().catch(() => ({}));
  const header = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = problem.retry_after ?? (Number.isFinite(header) ? header : null);
  const code = problem.code ?? (response.status >= 500 ? "unreachable" : "refused");
  return new RequestFailed(code, response.status, retryAfter, problem.detail ?? response.statusText, problem);
}
