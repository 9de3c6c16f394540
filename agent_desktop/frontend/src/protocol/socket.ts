/** The shell around `Connection`: one WebSocket, one timer, and the replies that commands wait for. */

import {
  type ClosingReason,
  Connection,
  type ConnectionDecision,
  type ConnectionFact,
  type LinkStatus,
} from "./connection";
import type { Command, CommandFrame, ReplyFrame, ServerFrame, View } from "./messages";

export const REPLY_WITHIN_MS = 10_000;

/** What a command came to. `code` is the server's refusal, or `not_connected` / `no_reply` when it never answered. */
export type Outcome =
  | { readonly ok: true; readonly reply: ReplyFrame }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface SocketListener {
  show(view: View): void;
  correctClock(at: number): void;
  linkChanged(status: LinkStatus): void;
  dismissed(why: ClosingReason): void;
  checkSession(): void;
}

/** The part of `WebSocket` that is used, so that tests can put their own in its place. */
export interface Wire {
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(): void;
}

const OPEN = 1;

export class DesktopSocket {
  readonly #connection = new Connection();
  readonly #pending = new Map<string, { settle: (outcome: Outcome) => void; timer: ReturnType<typeof setTimeout> }>();
  #wire: Wire | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastId = 0;

  constructor(
    readonly connect: () => Wire,
    readonly listener: SocketListener,
  ) {}

  start(): void {
    this.#tell({ type: "started" });
    globalThis.addEventListener?.("online", this.#onLine);
  }

  stop(): void {
    globalThis.removeEventListener?.("online", this.#onLine);
    this.#tell({ type: "stopped" });
  }

  /** Send one command and wait for the server's word. Never rejects; nothing is sent twice. */
  request(command: Command): Promise<Outcome> {
    if (this.#wire?.readyState !== OPEN) {
      return Promise.resolve({ ok: false, code: "not_connected", message: "no connection to the server" });
    }
    const id = this.#send(command);
    return new Promise((settle) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        settle({ ok: false, code: "no_reply", message: "the server did not answer in time" });
      }, REPLY_WITHIN_MS);
      this.#pending.set(id, { settle, timer });
    });
  }

  #onLine = (): void => this.#tell({ type: "network_back" });

  #tell(fact: ConnectionFact): void {
    this.#carryOut(this.#connection.handle(fact, performance.now()));
  }

  #carryOut(decisions: ConnectionDecision[]): void {
    for (const decision of decisions) this.#carryOutOne(decision);
    clearTimeout(this.#timer);
    const deadline = this.#connection.nextDeadline();
    if (deadline === null) return;
    const delay = Math.max(0, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => this.#carryOut(this.#connection.handleTimer(performance.now())), delay);
  }

  #carryOutOne(decision: ConnectionDecision): void {
    switch (decision.type) {
      case "open":
        this.#open();
        break;
      case "close":
        this.#close();
        break;
      case "send":
        if (this.#wire?.readyState === OPEN) this.#send(decision.command);
        break;
      case "show":
        this.listener.show(decision.view);
        break;
      case "correct_clock":
        this.listener.correctClock(decision.at);
        break;
      case "answer":
        this.#answer(decision.reply);
        break;
      case "report_link":
        this.listener.linkChanged(decision.status);
        break;
      case "dismiss":
        this.listener.dismissed(decision.why);
        break;
      case "check_session":
        this.listener.checkSession();
        break;
    }
  }

  #open(): void {
    const wire = this.connect();
    this.#wire = wire;
    wire.onopen = () => this.#tell({ type: "opened" });
    wire.onmessage = (event) => {
      const frame = parse(event.data);
      if (frame !== null) this.#tell({ type: "frame", frame });
    };
    wire.onclose = () => this.#gone(wire);
  }

  /** Closing handshakes can hang on a dead network: the wire counts as gone from this moment. */
  #close(): void {
    const wire = this.#wire;
    if (wire === null) return;
    wire.close();
    queueMicrotask(() => this.#gone(wire));
  }

  #gone(wire: Wire): void {
    if (this.#wire !== wire) return;
    this.#wire = null;
    wire.onopen = wire.onclose = wire.onmessage = null;
    for (const { settle, timer } of this.#pending.values()) {
      clearTimeout(timer);
      settle({ ok: false, code: "not_connected", message: "the connection broke before the server answered" });
    }
    this.#pending.clear();
    this.#tell({ type: "closed", jitter: Math.random() });
  }

  #send(command: Command): string {
    this.#lastId += 1;
    const frame: CommandFrame = { id: String(this.#lastId), command };
    this.#wire?.send(JSON.stringify(frame));
    return frame.id;
  }

  #answer(reply: ReplyFrame): void {
    const waiting = this.#pending.get(reply.id);
    if (waiting === undefined) return;
    this.#pending.delete(reply.id);
    clearTimeout(waiting.timer);
    waiting.settle(
      reply.ok ? { ok: true, reply } : { ok: false, code: reply.code ?? "refused", message: reply.message ?? "" },
    );
  }
}

/** The server is ours and its models are checked there: only broken JSON and frame types of a newer server are dropped. */
function parse(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  try {
    const frame = JSON.parse(data) as ServerFrame;
    return ["snapshot", "view", "heartbeat", "reply", "closing"].includes(frame?.type) ? frame : null;
  } catch {
    return null;
  }
}
