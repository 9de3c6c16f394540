/** What carries the machine's commands out and tells it the facts: the SIP stack (`sip.ts`) or the fake (`fake.ts`). */

import type { PhoneCommand, PhoneFact } from "./machine";

/** Commands for the phone itself; the others (ringing, credentials) are carried out elsewhere. */
export type PhonePartCommand = Exclude<
  PhoneCommand,
  { type: "start_ringing" } | { type: "stop_ringing" } | { type: "fetch_credentials" }
>;

/** Counters of the running call, as WebRTC's statistics have them. Milliseconds where a name ends in `Ms`. */
export interface CallQuality {
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** Of ours, as the switch reports it. */
  readonly packetsLostOut: number | null;
  readonly jitterMs: number;
  readonly roundTripMs: number | null;
  /** Loudness of what is heard and said, 0 to 1. */
  readonly audioLevelIn: number | null;
  readonly audioLevelOut: number | null;
  /** All that the microphone gave so far. */
  readonly energyOut: number | null;
}

export interface Softphone {
  /** Told every fact; set once before the first command. */
  listener: (fact: PhoneFact) => void;
  carryOut(command: PhonePartCommand): void;
  /** Of the running call; `null` without one. */
  quality(): Promise<CallQuality | null>;
}
