/**
 * The softphone's state machine: facts in, commands out, time as an argument. It touches no microphone, no SIP stack
 * and no timer; `softphone.ts` says what carries the commands out.
 *
 * The line:  off ──▶ microphone ──▶ credentials ──▶ registering ──▶ registered
 *                        │               ▲               │  ▲             │
 *                        ▼               └──(refused)────┘  └──(lost)─────┘
 *                   no_microphone
 *
 * The call:  none ──▶ ringing ──▶ answering ──▶ talking ──▶ ending ──▶ none
 *              └───(answers itself)────▲
 *
 * The microphone comes before the registration: without its permission browsers hide their addresses behind `.local`
 * names which Asterisk cannot reach, and a call would be answered without a sound.
 */

export type LineState = "off" | "microphone" | "no_microphone" | "credentials" | "registering" | "registered";
export type CallState = "ringing" | "answering" | "talking" | "ending";
export type MicrophoneProblem = "denied" | "missing" | "busy" | "insecure" | "unplugged";
export type CallEndedBy = "caller" | "agent" | "failure";

export interface Credentials {
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  /** Address of the SIP-over-WebSocket proxy. */
  readonly socket: string;
}

export interface PhoneCall {
  readonly id: string;
  readonly state: CallState;
  /** Who calls, as SIP says it: hostile text, for display only. */
  readonly number: string;
  readonly name: string;
  /** When this state began; same clock as `now`. */
  readonly since: number;
  readonly muted: boolean;
  /** Keys pressed in this call. */
  readonly digits: string;
}

export interface PhoneState {
  readonly line: LineState;
  readonly microphone: MicrophoneProblem | null;
  readonly call: PhoneCall | null;
  /** Why the last attempt to register, or the last call, failed. */
  readonly failure: string | null;
}

export type PhoneFact =
  // -- what the person asks for --------------------------------------------------------------------------------
  | { readonly type: "start_asked" }
  | { readonly type: "stop_asked" }
  | { readonly type: "answer_asked" }
  | { readonly type: "reject_asked" }
  | { readonly type: "hang_up_asked" }
  | { readonly type: "mute_asked"; readonly muted: boolean }
  | { readonly type: "digit_asked"; readonly digit: string }
  /** Another microphone or speaker was chosen. */
  | { readonly type: "devices_chosen" }
  // -- what happened -------------------------------------------------------------------------------------------
  | { readonly type: "microphone_granted" }
  | { readonly type: "microphone_refused"; readonly why: MicrophoneProblem }
  | { readonly type: "credentials_received"; readonly credentials: Credentials }
  | { readonly type: "credentials_failed" }
  | { readonly type: "registered" }
  | { readonly type: "unregistered" }
  /** The registrar said no; fresh credentials may help. */
  | { readonly type: "registration_failed"; readonly cause: string }
  /** `answersItself`: the switch rings us because the agent asked for it, to call somebody or to come back into a call. */
  | {
      readonly type: "call_arrived";
      readonly call: string;
      readonly number: string;
      readonly name: string;
      readonly answersItself?: boolean;
    }
  | { readonly type: "call_established"; readonly call: string }
  | { readonly type: "call_ended"; readonly call: string; readonly by: CallEndedBy; readonly cause: string };

export type PhoneCommand =
  | { readonly type: "acquire_microphone" }
  | { readonly type: "release_microphone" }
  | { readonly type: "use_speaker" }
  | { readonly type: "fetch_credentials" }
  | { readonly type: "connect"; readonly credentials: Credentials }
  | { readonly type: "disconnect" }
  | { readonly type: "start_ringing"; readonly call: string }
  | { readonly type: "stop_ringing" }
  | { readonly type: "answer"; readonly call: string }
  | { readonly type: "reject"; readonly call: string }
  | { readonly type: "hang_up"; readonly call: string }
  | { readonly type: "set_muted"; readonly call: string; readonly muted: boolean }
  | { readonly type: "send_digit"; readonly call: string; readonly digit: string };

/** An answer that has not become speech by then has failed; the agent must not sit in silence. */
export const ANSWER_WITHIN_MS = 10_000;
/** A call whose end nobody confirms is over for the agent anyway. */
export const END_WITHIN_MS = 3_000;
/** Waits before asking for credentials again. */
export const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;
/** The SIP stack reconnects by itself; after this long without registration it is given fresh credentials. */
export const REGISTER_WITHIN_MS = 45_000;

const DIGIT = /^[0-9*#]$/;
const NEVER = Number.POSITIVE_INFINITY;

export class PhoneMachine {
  #state: PhoneState = { line: "off", microphone: null, call: null, failure: null };
  #retries = 0;
  #lineDeadline = NEVER;
  #callDeadline = NEVER;

  get state(): PhoneState {
    return this.#state;
  }

  handle(fact: PhoneFact, now: number): PhoneCommand[] {
    switch (fact.type) {
      case "start_asked":
        return this.#start();
      case "stop_asked":
        return this.#stop();
      case "answer_asked":
        return this.#answer(now);
      case "reject_asked":
        return this.#reject(now);
      case "hang_up_asked":
        return this.#hangUp(now);
      case "mute_asked":
        return this.#mute(fact.muted);
      case "digit_asked":
        return this.#digit(fact.digit);
      case "devices_chosen":
        return this.#devicesChosen();
      case "microphone_granted":
        return this.#microphoneGranted();
      case "microphone_refused":
        return this.#microphoneRefused(fact.why);
      case "credentials_received":
        return this.#credentialsReceived(fact.credentials, now);
      case "credentials_failed":
        return this.#retryLater("credentials_failed", now);
      case "registered":
        return this.#registered();
      case "unregistered":
        return this.#unregistered(now);
      case "registration_failed":
        return this.#retryLater(fact.cause, now);
      case "call_arrived":
        return this.#arrived(fact, now);
      case "call_established":
        return this.#established(fact.call, now);
      case "call_ended":
        return this.#ended(fact.call, fact.by, fact.cause);
    }
  }

  nextDeadline(): number | null {
    const earliest = Math.min(this.#lineDue, this.#callDeadline);
    return earliest === NEVER ? null : earliest;
  }

  handleTimer(now: number): PhoneCommand[] {
    const commands: PhoneCommand[] = [];
    if (now >= this.#lineDue) {
      this.#lineDeadline = NEVER;
      this.#set({ line: "credentials" });
      commands.push({ type: "fetch_credentials" });
    }
    if (now >= this.#callDeadline) commands.push(...this.#callOverdue(now));
    return commands;
  }

  // -- the line ------------------------------------------------------------------------------------------------

  /** A new connection ends the calls of the old one, and a call goes on without registration: so it waits for its end. */
  get #lineDue(): number {
    return this.#state.call === null ? this.#lineDeadline : NEVER;
  }

  #start(): PhoneCommand[] {
    const { line } = this.#state;
    if (line !== "off" && line !== "no_microphone") return [];
    this.#set({ line: "microphone", microphone: null, failure: null });
    return [{ type: "acquire_microphone" }];
  }

  #stop(): PhoneCommand[] {
    if (this.#state.line === "off") return [];
    const commands: PhoneCommand[] = [];
    const { call } = this.#state;
    if (call !== null) {
      if (call.state === "ringing") commands.push({ type: "stop_ringing" });
      if (call.state !== "ending") commands.push({ type: "hang_up", call: call.id });
    }
    this.#retries = 0;
    this.#lineDeadline = NEVER;
    this.#callDeadline = NEVER;
    this.#state = { line: "off", microphone: null, call: null, failure: null };
    return [...commands, { type: "disconnect" }, { type: "release_microphone" }];
  }

  #devicesChosen(): PhoneCommand[] {
    const speaker: PhoneCommand = { type: "use_speaker" };
    const { line } = this.#state;
    return line === "off" || line === "no_microphone" ? [speaker] : [speaker, { type: "acquire_microphone" }];
  }

  #microphoneGranted(): PhoneCommand[] {
    if (this.#state.line === "off") return [{ type: "release_microphone" }];
    const first = this.#state.line === "microphone";
    this.#set({ microphone: null });
    if (!first) return [];
    this.#set({ line: "credentials" });
    return [{ type: "fetch_credentials" }];
  }

  /** Before registration there is no phone without a microphone; a headset unplugged later leaves the line as it is. */
  #microphoneRefused(why: MicrophoneProblem): PhoneCommand[] {
    if (this.#state.line === "off") return [];
    this.#set({ microphone: why });
    if (this.#state.line === "microphone") this.#set({ line: "no_microphone" });
    return [];
  }

  #credentialsReceived(credentials: Credentials, now: number): PhoneCommand[] {
    if (this.#state.line !== "credentials") return [];
    this.#set({ line: "registering" });
    if (this.#state.call !== null) {
      this.#lineDeadline = now; // one came meanwhile: after it
      return [];
    }
    this.#lineDeadline = now + REGISTER_WITHIN_MS;
    return [{ type: "connect", credentials }];
  }

  #registered(): PhoneCommand[] {
    if (this.#state.line === "off") return [];
    this.#retries = 0;
    this.#lineDeadline = NEVER;
    this.#set({ line: "registered", failure: null });
    return [];
  }

  /** The connection broke or the registrar forgot us. The SIP stack tries again by itself; a call goes on talking. */
  #unregistered(now: number): PhoneCommand[] {
    if (this.#state.line !== "registered") return [];
    this.#set({ line: "registering" });
    this.#lineDeadline = now + REGISTER_WITHIN_MS;
    return [];
  }

  #retryLater(cause: string, now: number): PhoneCommand[] {
    const { line } = this.#state;
    if (line === "off" || line === "no_microphone" || line === "microphone") return [];
    const wait = RETRY_MS[Math.min(this.#retries, RETRY_MS.length - 1)] ?? 0;
    this.#retries += 1;
    this.#lineDeadline = now + wait;
    this.#set({ line: "registering", failure: cause });
    return [];
  }

  // -- the call ------------------------------------------------------------------------------------------------

  #arrived(fact: { call: string; number: string; name: string; answersItself?: boolean }, now: number): PhoneCommand[] {
    // One call at a time: the switch reserves the agent, so a second one can only be a mistake or a stranger.
    if (this.#state.line === "off" || this.#state.call !== null) return [{ type: "reject", call: fact.call }];
    const { number, name } = fact;
    this.#set({
      call: { id: fact.call, state: "ringing", number, name, since: now, muted: false, digits: "" },
      failure: null,
    });
    if (fact.answersItself) {
      this.#callDeadline = now + ANSWER_WITHIN_MS;
      this.#setCall({ state: "answering" });
      return [{ type: "answer", call: fact.call }];
    }
    return [{ type: "start_ringing", call: fact.call }];
  }

  #answer(now: number): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.state !== "ringing") return [];
    this.#callDeadline = now + ANSWER_WITHIN_MS;
    this.#setCall({ state: "answering", since: now });
    return [{ type: "stop_ringing" }, { type: "answer", call: call.id }];
  }

  #reject(now: number): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.state !== "ringing") return [];
    this.#callDeadline = now + END_WITHIN_MS;
    this.#setCall({ state: "ending", since: now });
    return [{ type: "stop_ringing" }, { type: "reject", call: call.id }];
  }

  #hangUp(now: number): PhoneCommand[] {
    const { call } = this.#state;
    if (call === null || call.state === "ending") return [];
    if (call.state === "ringing") return this.#reject(now);
    this.#callDeadline = now + END_WITHIN_MS;
    this.#setCall({ state: "ending", since: now });
    return [{ type: "hang_up", call: call.id }];
  }

  #mute(muted: boolean): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.state !== "talking" || call.muted === muted) return [];
    this.#setCall({ muted });
    return [{ type: "set_muted", call: call.id, muted }];
  }

  #digit(digit: string): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.state !== "talking" || !DIGIT.test(digit)) return [];
    this.#setCall({ digits: call.digits + digit });
    return [{ type: "send_digit", call: call.id, digit }];
  }

  #established(id: string, now: number): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.id !== id || call.state === "talking" || call.state === "ending") return [];
    const commands: PhoneCommand[] = call.state === "ringing" ? [{ type: "stop_ringing" }] : [];
    this.#callDeadline = NEVER;
    this.#setCall({ state: "talking", since: now });
    return commands;
  }

  #ended(id: string, by: CallEndedBy, cause: string): PhoneCommand[] {
    const { call } = this.#state;
    if (call?.id !== id) return [];
    this.#callDeadline = NEVER;
    this.#set({ call: null, failure: by === "failure" ? cause : null });
    return call.state === "ringing" ? [{ type: "stop_ringing" }] : [];
  }

  #callOverdue(now: number): PhoneCommand[] {
    const { call } = this.#state;
    this.#callDeadline = NEVER;
    if (call === null) return [];
    if (call.state === "ending") {
      this.#set({ call: null });
      return [];
    }
    this.#set({ failure: "answer_timed_out" });
    return this.#hangUp(now);
  }

  // -- helpers -------------------------------------------------------------------------------------------------

  #set(changes: Partial<PhoneState>): void {
    this.#state = { ...this.#state, ...changes };
  }

  #setCall(changes: Partial<PhoneCall>): void {
    if (this.#state.call !== null) this.#set({ call: { ...this.#state.call, ...changes } });
  }
}
