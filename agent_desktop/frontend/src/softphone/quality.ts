/**
 * How a call sounds, from WebRTC's statistics: what happened between two readings, an estimated mean opinion score by
 * the E-model (ITU-T G.107, simplified), and the likely cause where it is bad. Pure.
 */

import type { CallQuality } from "./softphone";

export type Grade = "good" | "fair" | "poor" | "silent";
/** The likely cause of a bad sound, the first that explains it. */
export type Cause = "no_sound" | "microphone_silent" | "loss_in" | "loss_out" | "jitter" | "delay";

/** One stretch of a call, between two readings. */
export interface Reading {
  readonly grade: Grade;
  /** Estimated mean opinion score, 1 to 4.5. */
  readonly mos: number;
  readonly cause: Cause | null;
  readonly jitterMs: number;
  /** Of what comes to us, and of what the switch gets from us; 0 to 1. */
  readonly lossIn: number;
  readonly lossOut: number | null;
  readonly roundTripMs: number | null;
}

/** The few members of RTCStats that are read; the DOM's own types leave them out. */
interface Stats {
  readonly type: string;
  readonly kind?: string;
  readonly packetsReceived?: number;
  readonly packetsSent?: number;
  readonly packetsLost?: number;
  readonly packetsDiscarded?: number;
  readonly jitter?: number;
  readonly audioLevel?: number;
  readonly totalAudioEnergy?: number;
  readonly currentRoundTripTime?: number;
  readonly nominated?: boolean;
}

export function readQuality(report: Iterable<[string, unknown]> | RTCStatsReport): CallQuality {
  const all = [...(report as Iterable<[string, unknown]>)].map(([, stats]) => stats as Stats);
  const of = (type: string): Stats | undefined =>
    all.find((stats) => stats.type === type && (stats.kind === undefined || stats.kind === "audio"));
  const received = of("inbound-rtp");
  const microphone = of("media-source");
  const pair = all.find((stats) => stats.type === "candidate-pair" && stats.nominated === true);
  const roundTrip = pair?.currentRoundTripTime ?? null;
  return {
    packetsReceived: received?.packetsReceived ?? 0,
    packetsSent: of("outbound-rtp")?.packetsSent ?? 0,
    // What came too late to be played is as lost as what never came.
    packetsLost: Math.max(0, received?.packetsLost ?? 0) + (received?.packetsDiscarded ?? 0),
    packetsLostOut: of("remote-inbound-rtp")?.packetsLost ?? null,
    jitterMs: Math.round((received?.jitter ?? 0) * 1000),
    roundTripMs: roundTrip === null ? null : Math.round(roundTrip * 1000),
    audioLevelIn: received?.audioLevel ?? null,
    audioLevelOut: microphone?.audioLevel ?? null,
    energyOut: microphone?.totalAudioEnergy ?? null,
  };
}

// -- one stretch -----------------------------------------------------------------------------------------------------

/** MOS from which listeners are satisfied, and from which many are not (G.107, table B.1: R of 80 and of 70). */
const GOOD_MOS = 4.03;
const FAIR_MOS = 3.6;
const LOSS_HEARD = 0.02;
const JITTER_HEARD_MS = 30;
const DELAY_FELT_MS = 300;

/** What the stretch between two readings was like. `muted`: the agent is silent because he wants to be. */
export function assess(earlier: CallQuality, later: CallQuality, muted: boolean): Reading {
  const received = later.packetsReceived - earlier.packetsReceived;
  const sent = later.packetsSent - earlier.packetsSent;
  const lossIn = share(later.packetsLost - earlier.packetsLost, received);
  const lossOut =
    later.packetsLostOut === null
      ? null
      : Math.min(1, share(later.packetsLostOut - (earlier.packetsLostOut ?? 0), sent));
  const { jitterMs, roundTripMs } = later;
  const mos = received > 0 ? estimate(Math.max(lossIn, lossOut ?? 0), jitterMs, roundTripMs ?? 0) : 1;
  const cause = causeOf({ received, lossIn, lossOut, jitterMs, roundTripMs, dead: !muted && noVoice(earlier, later) });
  const grade = received <= 0 ? "silent" : mos >= GOOD_MOS ? "good" : mos >= FAIR_MOS ? "fair" : "poor";
  const worthSaying = grade !== "good" || cause === "microphone_silent";
  return { grade, mos, cause: worthSaying ? cause : null, jitterMs, lossIn, lossOut, roundTripMs };
}

function share(lost: number, arrived: number): number {
  return lost <= 0 ? 0 : lost / (Math.max(0, arrived) + lost);
}

/** A microphone that is switched off or dead gives no energy at all; a silent room still gives some. */
function noVoice(earlier: CallQuality, later: CallQuality): boolean {
  return earlier.energyOut !== null && later.energyOut !== null && later.energyOut - earlier.energyOut < 1e-9;
}

interface Circumstances {
  received: number;
  lossIn: number;
  lossOut: number | null;
  jitterMs: number;
  roundTripMs: number | null;
  dead: boolean;
}

function causeOf({ received, lossIn, lossOut, jitterMs, roundTripMs, dead }: Circumstances): Cause | null {
  if (received <= 0) return "no_sound";
  if (dead) return "microphone_silent";
  if (lossIn >= LOSS_HEARD && lossIn >= (lossOut ?? 0)) return "loss_in";
  if ((lossOut ?? 0) >= LOSS_HEARD) return "loss_out";
  if (jitterMs >= JITTER_HEARD_MS) return "jitter";
  return (roundTripMs ?? 0) >= DELAY_FELT_MS ? "delay" : null;
}

/**
 * The E-model with its defaults and G.711 with loss concealment: R = 93.2 − Id − Ie,eff (ITU-T G.107, 2015), where
 * Ie,eff = 95 · Ppl / (Ppl + Bpl) with Ie = 0, Bpl = 25.1 (G.113, Appendix I), and Id is approximated over the one-way delay
 * as 0.024 d, and 0.11 more for each millisecond above 177.3. The delay is half the round trip, one packet, and a buffer
 * that holds about twice the jitter. R to MOS by G.107, Annex B.
 */
export function estimate(lossShare: number, jitterMs: number, roundTripMs: number): number {
  const delay = roundTripMs / 2 + 20 + 2 * jitterMs;
  const delayImpairment = 0.024 * delay + 0.11 * Math.max(0, delay - 177.3);
  const percent = 100 * lossShare;
  const r = 93.2 - delayImpairment - (95 * percent) / (percent + 25.1);
  if (r <= 0) return 1;
  const mos = 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;
  return Math.min(4.5, Math.max(1, mos));
}

// -- the whole call --------------------------------------------------------------------------------------------------

/** What is stored with the interaction. */
export interface Summary {
  readonly jitterMs: number;
  readonly lostShare: number;
  readonly roundTripMs: number | null;
  readonly mos: number;
  readonly worstMos: number;
  readonly cause: Cause | null;
}

/** Means over the stretches so far; of the causes, the one of the worst stretch. `null`: nothing was measured. */
export function summarise(readings: readonly Reading[]): Summary | null {
  const [first] = readings;
  if (first === undefined) return null;
  const trips = readings.map(({ roundTripMs }) => roundTripMs).filter((trip) => trip !== null);
  const worst = readings.reduce((one, other) => (other.mos < one.mos ? other : one), first);
  return {
    jitterMs: mean(readings.map(({ jitterMs }) => jitterMs)),
    lostShare: mean(readings.map(({ lossIn, lossOut }) => Math.max(lossIn, lossOut ?? 0))),
    roundTripMs: trips.length > 0 ? mean(trips) : null,
    mos: mean(readings.map(({ mos }) => mos)),
    worstMos: worst.mos,
    cause: worst.cause ?? readings.find(({ cause }) => cause !== null)?.cause ?? null,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
