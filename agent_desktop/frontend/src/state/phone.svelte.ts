/** The softphone's store: runs the machine, owns its one timer, hands its commands to SIP stack, ringer and server. */

import type { Rest } from "../protocol/http";
import { type PhoneCommand, type PhoneFact, PhoneMachine, type PhoneState } from "../softphone/machine";
import { assess, type Reading, type Summary, summarise } from "../softphone/quality";
import type { Ringer } from "../softphone/ringer";
import type { CallQuality, Softphone } from "../softphone/softphone";

export const QUALITY_EVERY_MS = 4_000;
/** A browser may die: what was measured until then is told once a minute. */
const TOLD_EVERY = 15;

export class Phone {
  readonly #machine = new PhoneMachine();
  state = $state.raw<PhoneState>(this.#machine.state);
  quality = $state.raw<CallQuality | null>(null);
  /** How the last seconds sounded. */
  reading = $state.raw<Reading | null>(null);
  /** While the customer hears music the agent may hear nothing, and nothing is wrong. */
  soundExpected = true;
  /** Told of the whole call so far: once a minute, and when it has ended. */
  report: (summary: Summary) => void = () => {};
  /** Whether who rings now is the caller that this agent was cut off from. */
  comesBack: () => boolean = () => false;
  #readings: Reading[] = [];
  #givesWay = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sampler: ReturnType<typeof setInterval> | undefined;

  constructor(
    readonly softphone: Softphone,
    readonly ringer: Pick<Ringer, "start" | "stop">,
    readonly rest: Pick<Rest, "softphone">,
    readonly now: () => number = () => performance.now(),
  ) {
    softphone.listener = (fact) =>
      this.tell(fact.type === "call_arrived" && this.comesBack() ? { ...fact, answersItself: true } : fact);
  }

  /** A fact, or what the person asks for. What cannot be now does nothing. */
  tell(fact: PhoneFact): void {
    if (fact.type === "start_asked") this.#givesWay = false;
    this.#carryOut(this.#machine.handle(fact, this.now()));
  }

  /** Another page has the phone from now on: this one is switched off, when the talk that it is in is over. */
  giveWay(): void {
    this.#givesWay = true;
    this.#leave();
  }

  /** Statistics of this very moment. */
  async measure(): Promise<CallQuality | null> {
    const reading = await this.softphone.quality();
    if (reading !== null) {
      if (this.quality !== null) this.#assess(this.quality, reading);
      this.quality = reading;
    }
    return reading;
  }

  #carryOut(commands: PhoneCommand[]): void {
    this.state = this.#machine.state;
    for (const command of commands) this.#carryOutOne(command);
    this.#arm();
    this.#sample();
    this.#leave();
  }

  #leave(): void {
    const { call } = this.state;
    if (!this.#givesWay || (call !== null && call.state !== "ringing")) return;
    this.#givesWay = false;
    this.tell({ type: "stop_asked" });
  }

  #carryOutOne(command: PhoneCommand): void {
    switch (command.type) {
      case "start_ringing":
        this.ringer.start();
        break;
      case "stop_ringing":
        this.ringer.stop();
        break;
      case "fetch_credentials":
        void this.#fetchCredentials();
        break;
      default:
        this.softphone.carryOut(command);
    }
  }

  async #fetchCredentials(): Promise<void> {
    try {
      const { device, password, uri, websocket_url } = await this.rest.softphone();
      this.tell({
        type: "credentials_received",
        credentials: { uri, username: device, password, socket: websocket_url },
      });
    } catch {
      this.tell({ type: "credentials_failed" });
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#machine.nextDeadline();
    if (deadline === null) return;
    const delay = Math.max(0, Math.ceil(deadline - this.now()));
    this.#timer = setTimeout(() => this.#carryOut(this.#machine.handleTimer(this.now())), delay);
  }

  #sample(): void {
    const talking = this.state.call?.state === "talking";
    if (talking && this.#sampler === undefined) {
      this.quality = null;
      this.reading = null;
      this.#readings = [];
      this.#sampler = setInterval(() => void this.measure(), QUALITY_EVERY_MS);
      void this.measure();
    } else if (!talking && this.#sampler !== undefined) {
      clearInterval(this.#sampler);
      this.#sampler = undefined;
      this.reading = null;
      this.#tell();
    }
  }

  #assess(earlier: CallQuality, later: CallQuality): void {
    const reading = assess(earlier, later, this.state.call?.muted ?? false);
    if (reading.grade === "silent" && !this.soundExpected) {
      this.reading = null;
      return;
    }
    this.reading = reading;
    this.#readings.push(reading);
    if (this.#readings.length % TOLD_EVERY === 0) this.#tell();
  }

  #tell(): void {
    const summary = summarise(this.#readings);
    if (summary !== null) this.report(summary);
  }
}
