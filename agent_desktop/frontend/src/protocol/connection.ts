/**
 * One desktop's connection to the server: when to open, what the frames mean, when to give up and try again. Pure:
 * facts in, decisions out, time and chance as arguments; `socket.ts` is the thin shell that owns the WebSocket.
 *
 *     idle ──started──▶ opening ──opened──▶ live ──closed / silence──▶ waiting ──deadline──▶ opening
 *                                            └──closing(other desktop, session over)──▶ stopped
 */

import type { ClosingFrame, Command, ReplyFrame, ServerFrame, View } from "./messages";
import { merge } from "./view";

export const SILENCE_MS = 12_000;
export const OPEN_WITHIN_MS = 10_000;
export const BACK_OFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000] as const;

export type LinkStatus = "connecting" | "live" | "lost" | "stopped";
export type ClosingReason = ClosingFrame["why"];

export type ConnectionFact =
  | { readonly type: "started" }
  | { readonly type: "stopped" }
  | { readonly type: "opened" }
  /** The WebSocket is gone, or could not be had. `jitter` is random in [0, 1). */
  | { readonly type: "closed"; readonly jitter: number }
  | { readonly type: "frame"; readonly frame: ServerFrame }
  /** The machine's network came back: no reason to sit out the back-off. */
  | { readonly type: "network_back" };

export type ConnectionDecision =
  | { readonly type: "open" }
  | { readonly type: "close" }
  | { readonly type: "send"; readonly command: Command }
  | { readonly type: "show"; readonly view: View }
  | { readonly type: "correct_clock"; readonly at: number }
  | { readonly type: "answer"; readonly reply: ReplyFrame }
  | { readonly type: "report_link"; readonly status: LinkStatus }
  /** The server said goodbye for good. */
  | { readonly type: "dismiss"; readonly why: ClosingReason }
  /** Several attempts failed: find out whether the session still lives. */
  | { readonly type: "check_session" };

type Phase = "idle" | "opening" | "live" | "waiting" | "stopped";

export class Connection {
  #phase: Phase = "idle";
  #attempts = 0;
  #seq = 0;
  #view: View | null = null;
  #wantsSnapshot = false;
  #giveUpAt = Number.POSITIVE_INFINITY;
  #retryAt = Number.POSITIVE_INFINITY;

  get phase(): Phase {
    return this.#phase;
  }

  handle(fact: ConnectionFact, now: number): ConnectionDecision[] {
    switch (fact.type) {
      case "started":
        return this.#phase === "idle" ? this.#open(now) : [];
      case "stopped":
        return this.#stop();
      case "opened":
        return this.#opened(now);
      case "closed":
        return this.#closed(fact.jitter, now);
      case "frame":
        return this.#phase === "live" ? this.#frame(fact.frame, now) : [];
      case "network_back":
        return this.#phase === "waiting" ? this.#open(now) : [];
    }
  }

  nextDeadline(): number | null {
    const earliest = Math.min(this.#giveUpAt, this.#retryAt);
    return Number.isFinite(earliest) ? earliest : null;
  }

  handleTimer(now: number): ConnectionDecision[] {
    if (now >= this.#retryAt) return this.#open(now);
    // The shell answers `close` with the fact `closed`; from there the back-off runs.
    if (now >= this.#giveUpAt) {
      this.#giveUpAt = Number.POSITIVE_INFINITY;
      return [{ type: "close" }];
    }
    return [];
  }

  #open(now: number): ConnectionDecision[] {
    this.#phase = "opening";
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#giveUpAt = now + OPEN_WITHIN_MS;
    const decisions: ConnectionDecision[] = [{ type: "open" }];
    if (this.#attempts === 0 && this.#view === null) decisions.push({ type: "report_link", status: "connecting" });
    return decisions;
  }

  #opened(now: number): ConnectionDecision[] {
    if (this.#phase !== "opening") return [];
    this.#phase = "live";
    this.#wantsSnapshot = true; // the server sends one unasked; until then no frame has a place to go
    this.#giveUpAt = now + SILENCE_MS;
    return [];
  }

  #closed(jitter: number, now: number): ConnectionDecision[] {
    if (this.#phase === "idle" || this.#phase === "stopped" || this.#phase === "waiting") return [];
    const base = BACK_OFF_MS[Math.min(this.#attempts, BACK_OFF_MS.length - 1)] ?? 0;
    this.#attempts += 1;
    this.#phase = "waiting";
    this.#giveUpAt = Number.POSITIVE_INFINITY;
    this.#retryAt = now + base * (0.5 + jitter); // half to one and a half: a restarted server is not stormed
    const decisions: ConnectionDecision[] = [{ type: "report_link", status: "lost" }];
    // A WebSocket does not tell why it was refused; a session that has ended looks like a dead server.
    if (this.#attempts % 3 === 1) decisions.push({ type: "check_session" });
    return decisions;
  }

  #frame(frame: ServerFrame, now: number): ConnectionDecision[] {
    this.#giveUpAt = now + SILENCE_MS;
    switch (frame.type) {
      case "snapshot": {
        this.#view = frame.view;
        this.#seq = frame.seq;
        this.#wantsSnapshot = false;
        this.#attempts = 0;
        return [
          { type: "correct_clock", at: frame.at },
          { type: "show", view: this.#view },
          { type: "report_link", status: "live" },
        ];
      }
      case "view": {
        const clock: ConnectionDecision = { type: "correct_clock", at: frame.at };
        if (this.#wantsSnapshot || this.#view === null) return [clock];
        if (frame.seq !== this.#seq + 1) return [clock, ...this.#askForSnapshot()];
        this.#seq = frame.seq;
        this.#view = merge(this.#view, frame);
        return [clock, { type: "show", view: this.#view }];
      }
      case "heartbeat": {
        // Answered from here and not by a timer: browsers slow the timers of hidden pages to one a minute.
        const decisions: ConnectionDecision[] = [
          { type: "correct_clock", at: frame.at },
          { type: "send", command: { type: "alive" } },
        ];
        if (this.#wantsSnapshot) return decisions;
        // Whether the heartbeat counts as a frame of its own or repeats the last number: both mean nothing was missed.
        if (frame.seq !== this.#seq && frame.seq !== this.#seq + 1) return [...decisions, ...this.#askForSnapshot()];
        this.#seq = frame.seq;
        return decisions;
      }
      case "reply":
        return [{ type: "answer", reply: frame }];
      case "closing":
        return this.#closing(frame.why);
    }
  }

  #askForSnapshot(): ConnectionDecision[] {
    this.#wantsSnapshot = true;
    return [{ type: "send", command: { type: "snapshot" } }];
  }

  #closing(why: ClosingReason): ConnectionDecision[] {
    if (why === "going_away") return [{ type: "close" }]; // the shell answers `closed`, and the back-off runs
    return [...this.#stop(), { type: "dismiss", why }];
  }

  #stop(): ConnectionDecision[] {
    if (this.#phase === "stopped") return [];
    const open = this.#phase === "opening" || this.#phase === "live";
    this.#phase = "stopped";
    this.#giveUpAt = this.#retryAt = Number.POSITIVE_INFINITY;
    const report: ConnectionDecision = { type: "report_link", status: "stopped" };
    return open ? [{ type: "close" }, report] : [report];
  }
}
