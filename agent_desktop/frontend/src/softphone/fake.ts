/**
 * A softphone without SIP and sound, for tests and for looking at the screens: `?softphone=fake` in the address.
 * It behaves as the real one does when all goes well, and its caller is driven by the methods at the end.
 */

import type { CallEndedBy, PhoneFact } from "./machine";
import type { CallQuality, PhonePartCommand, Softphone } from "./softphone";

export class FakeSoftphone implements Softphone {
  listener: (fact: PhoneFact) => void = () => {};
  /** Every command, in order. */
  readonly commands: PhonePartCommand[] = [];
  /** What of the statistics is to be otherwise. */
  sound: Partial<CallQuality> = {};
  #packets = 0;
  #call: string | null = null;

  carryOut(command: PhonePartCommand): void {
    this.commands.push(command);
    switch (command.type) {
      case "acquire_microphone":
        this.#soon({ type: "microphone_granted" });
        break;
      case "connect":
        this.#soon({ type: "registered" });
        break;
      case "answer":
        this.#call = command.call;
        this.#soon({ type: "call_established", call: command.call });
        break;
      case "reject":
      case "hang_up":
        this.#call = null;
        this.#soon({ type: "call_ended", call: command.call, by: "agent", cause: "Terminated" });
        break;
    }
  }

  quality(): Promise<CallQuality | null> {
    if (this.#call === null) return Promise.resolve(null);
    this.#packets += 250; // five seconds of 20 ms packets
    return Promise.resolve({
      packetsReceived: this.#packets,
      packetsSent: this.#packets,
      packetsLost: 0,
      packetsLostOut: null,
      jitterMs: 4,
      roundTripMs: 18,
      audioLevelIn: 0.2,
      audioLevelOut: 0.2,
      energyOut: this.#packets / 1000,
      ...this.sound,
    });
  }

  /** A caller rings this phone. */
  ring(call: string, number: string, name = "", answersItself = false): void {
    this.listener({ type: "call_arrived", call, number, name, answersItself });
  }

  /** The caller hangs up, or the call fails. */
  end(call: string, by: CallEndedBy = "caller", cause = "Terminated"): void {
    this.#call = null;
    this.listener({ type: "call_ended", call, by, cause });
  }

  #soon(fact: PhoneFact): void {
    queueMicrotask(() => this.listener(fact));
  }
}
