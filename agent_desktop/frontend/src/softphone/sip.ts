/** The softphone on JsSIP: the only file that knows SIP. Commands in, facts out; the law is in `machine.ts`. */

import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";
import type { IncomingRTCSessionEvent } from "jssip/lib/UA";
import { MicrophoneRefused, openMicrophone } from "./devices";
import type { CallEndedBy, Credentials, PhoneFact } from "./machine";
import { readQuality } from "./quality";
import type { CallQuality, PhonePartCommand, Softphone } from "./softphone";

const REGISTER_EXPIRES_S = 60;

/** The devices the person prefers; `null` for the system's own choice. Asked each time: they may change. */
export interface ChosenDevices {
  microphone(): string | null;
  speaker(): string | null;
  /** Of what is heard, 0 to 1. */
  volume(): number;
}

/** The usual way to ask a telephone to pick up by itself. */
const ANSWER_AFTER_0 = /;\s*answer-after\s*=\s*0\s*(;|$)/i;

/** No STUN or TURN: on a firm's network none is needed, and one that does not answer delays every call by seconds. */
const PEER: RTCConfiguration = { iceServers: [] };

export class SipSoftphone implements Softphone {
  listener: (fact: PhoneFact) => void = () => {};
  #ua: UA | null = null;
  #microphone: MediaStream | null = null;
  /** The choice that `#microphone` was opened with. */
  #microphoneChoice: string | null = null;
  readonly #sessions = new Map<string, RTCSession>();

  /** `speaker` plays the caller. */
  constructor(
    readonly speaker: HTMLAudioElement,
    readonly chosen: ChosenDevices,
  ) {
    this.#useSpeaker();
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#devicesChanged());
  }

  carryOut(command: PhonePartCommand): void {
    switch (command.type) {
      case "acquire_microphone":
        void this.#acquireMicrophone();
        break;
      case "release_microphone":
        this.#releaseMicrophone();
        break;
      case "use_speaker":
        this.#useSpeaker();
        break;
      case "connect":
        this.#connect(command.credentials);
        break;
      case "disconnect":
        this.#disconnect();
        break;
      case "answer":
        void this.#answer(command.call);
        break;
      case "reject":
        this.#terminate(command.call, { status_code: 486 });
        break;
      case "hang_up":
        this.#terminate(command.call, {});
        break;
      case "set_muted":
        this.#setMuted(command.call, command.muted);
        break;
      case "send_digit":
        this.#session(command.call)?.sendDTMF(command.digit, { transportType: "RFC2833" as never });
        break;
    }
  }

  async quality(): Promise<CallQuality | null> {
    const connection = [...this.#sessions.values()].find((session) => session.isEstablished())?.connection;
    if (connection === undefined) return null;
    return readQuality(await connection.getStats());
  }

  // -- microphone ----------------------------------------------------------------------------------------------

  /**
   * The microphone stays open between calls: an answer then costs no device start (a Bluetooth headset takes one to
   * two seconds, and the caller would lose the first words), and an unplugged headset is noticed before a call.
   */
  async #acquireMicrophone(): Promise<void> {
    const choice = this.chosen.microphone();
    if (this.#microphone?.active && this.#microphoneChoice === choice) {
      this.listener({ type: "microphone_granted" });
      return;
    }
    try {
      const stream = await openMicrophone(navigator.mediaDevices, choice);
      this.#releaseMicrophone();
      this.#microphone = stream;
      this.#microphoneChoice = choice;
      for (const track of stream.getAudioTracks()) {
        track.onended = () => this.#microphoneEnded(stream);
        await this.#speakInto(track);
      }
      this.listener({ type: "microphone_granted" });
    } catch (error) {
      if (!(error instanceof MicrophoneRefused)) throw error;
      this.listener({ type: "microphone_refused", why: error.why });
    }
  }

  /** The headset that was chosen is plugged in again, while another one stands in for it: back to it, also in a call. */
  #devicesChanged(): void {
    const now = this.#microphone?.getAudioTracks()[0]?.getSettings().deviceId;
    const choice = this.chosen.microphone();
    if (now === undefined || choice === null || now === choice) return;
    void navigator.mediaDevices.enumerateDevices().then((devices) => {
      if (!devices.some(({ deviceId, kind }) => kind === "audioinput" && deviceId === choice)) return;
      this.#microphoneChoice = null; // what is open was not the choice
      void this.#acquireMicrophone();
      this.#useSpeaker();
    });
  }

  #microphoneEnded(stream: MediaStream): void {
    if (this.#microphone !== stream) return;
    this.#microphone = null;
    this.listener({ type: "microphone_refused", why: "unplugged" });
    // Another device takes over, or the same one when it is plugged in again.
    const again = () => void this.#acquireMicrophone();
    again();
    navigator.mediaDevices.addEventListener("devicechange", again, { once: true });
  }

  /** A call that goes on gets the new microphone: without sound from us the switch would clear it in seconds. */
  async #speakInto(track: MediaStreamTrack): Promise<void> {
    for (const session of this.#sessions.values()) {
      if (!session.isEstablished()) continue;
      track.enabled = !session.isMuted().audio;
      for (const sender of session.connection.getSenders()) {
        if (sender.track?.kind === "audio") await sender.replaceTrack(track);
      }
    }
  }

  #releaseMicrophone(): void {
    const stream = this.#microphone;
    this.#microphone = null;
    for (const track of stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
  }

  /** A device that is gone leaves the sound where the system puts it. */
  #useSpeaker(): void {
    this.speaker.volume = this.chosen.volume();
    void this.speaker.setSinkId?.(this.chosen.speaker() ?? "").catch(() => undefined);
  }

  // -- registration --------------------------------------------------------------------------------------------

  #connect(credentials: Credentials): void {
    this.#disconnect();
    const ua = new UA({
      sockets: new WebSocketInterface(credentials.socket),
      uri: credentials.uri,
      authorization_user: credentials.username,
      password: credentials.password,
      register_expires: REGISTER_EXPIRES_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 8,
      user_agent: "agent-desktop",
    });
    this.#ua = ua;
    const tell = (fact: PhoneFact) => {
      if (this.#ua === ua) this.listener(fact);
    };
    ua.on("registered", () => tell({ type: "registered" }));
    ua.on("unregistered", () => tell({ type: "unregistered" }));
    ua.on("disconnected", () => tell({ type: "unregistered" }));
    ua.on("registrationFailed", (event) => tell({ type: "registration_failed", cause: event.cause ?? "unknown" }));
    ua.on("newRTCSession", (event: IncomingRTCSessionEvent | { originator: string }) => {
      if (this.#ua === ua && event.originator === "remote") this.#arrived(event as IncomingRTCSessionEvent);
    });
    ua.start();
  }

  #disconnect(): void {
    const ua = this.#ua;
    this.#ua = null;
    ua?.stop();
  }

  // -- calls ---------------------------------------------------------------------------------------------------

  #arrived({ session, request }: IncomingRTCSessionEvent): void {
    const call = session.id;
    this.#sessions.set(call, session);
    const ended = (originator: string, cause: string | undefined, failed: boolean) => {
      if (!this.#sessions.delete(call)) return;
      this.listener({ type: "call_ended", call, by: endedBy(originator, cause, failed), cause: cause ?? "" });
    };
    session.on("ended", (event) => ended(event.originator, event.cause, false));
    session.on("failed", (event) => ended(event.originator, event.cause, true));
    // Asterisk learns the browser's address from its packets: the first candidate is enough, and saves 120 ms.
    session.on("icecandidate", (event) => event.ready());
    session.on("peerconnection", ({ peerconnection }) => this.#hear(peerconnection));
    // "confirmed": our answer has arrived (ACK). Before that nothing we say is heard.
    session.on("confirmed", () => this.listener({ type: "call_established", call }));
    const { user, scheme } = session.remote_identity.uri;
    const number = scheme === "sip" || scheme === "sips" || scheme === "tel" ? (user ?? "") : "";
    // Only the switch speaks to this phone, and it never passes on what a caller's own phone asks for.
    const answersItself = ANSWER_AFTER_0.test(request.getHeader("Call-Info") ?? "");
    const name = session.remote_identity.display_name ?? "";
    this.listener({ type: "call_arrived", call, number, name, answersItself });
  }

  async #answer(call: string): Promise<void> {
    const session = this.#session(call);
    if (session === undefined) return;
    if (!this.#microphone?.active) await this.#acquireMicrophone();
    if (session.isEnded()) return;
    const stream = this.#microphone;
    if (stream === null) {
      // Without a microphone the caller would hear nobody: let the switch find somebody else.
      this.#terminate(call, { status_code: 480 });
      return;
    }
    for (const track of stream.getAudioTracks()) track.enabled = true; // the last call may have ended muted
    session.answer({ mediaStream: stream, mediaConstraints: { audio: true, video: false }, pcConfig: PEER });
  }

  #terminate(call: string, options: { status_code?: number }): void {
    const session = this.#session(call);
    if (session === undefined || session.isEnded()) return;
    session.terminate(options);
  }

  #setMuted(call: string, muted: boolean): void {
    const session = this.#session(call);
    if (muted) session?.mute({ audio: true, video: false });
    else session?.unmute({ audio: true, video: false });
  }

  #hear(connection: RTCPeerConnection): void {
    connection.addEventListener("track", (event) => {
      this.speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      // Refused only on a page that nobody has touched; then the microphone would not be open either.
      this.speaker.play().catch(() => undefined);
    });
  }

  #session(call: string): RTCSession | undefined {
    return this.#sessions.get(call);
  }
}

/** JsSIP's causes for an end that we ourselves chose: a call rejected, or hung up before it was established. */
const CHOSEN: readonly string[] = ["Rejected", "Canceled"];

function endedBy(originator: string, cause: string | undefined, failed: boolean): CallEndedBy {
  if (originator === "remote") return "caller";
  if (originator === "local" && (!failed || CHOSEN.includes(cause ?? ""))) return "agent";
  return "failure";
}
