/** WebRTC's statistics reduced to what says whether a call sounds well. Pure. */

import type { CallQuality } from "./softphone";

export type Grade = "good" | "fair" | "poor" | "silent";

/** The few members of RTCStats that are read; the DOM's own types leave them out. */
interface Stats {
  readonly type: string;
  readonly kind?: string;
  readonly packetsReceived?: number;
  readonly packetsSent?: number;
  readonly packetsLost?: number;
  readonly jitter?: number;
  readonly audioLevel?: number;
  readonly currentRoundTripTime?: number;
  readonly nominated?: boolean;
}

export function readQuality(report: Iterable<[string, unknown]> | RTCStatsReport): CallQuality {
  const all = [...(report as Iterable<[string, unknown]>)].map(([, stats]) => stats as Stats);
  const of = (type: string): Stats | undefined =>
    all.find((stats) => stats.type === type && (stats.kind === undefined || stats.kind === "audio"));
  const received = of("inbound-rtp");
  const sent = of("outbound-rtp");
  const pair = all.find((stats) => stats.type === "candidate-pair" && stats.nominated === true);
  const roundTrip = pair?.currentRoundTripTime ?? null;
  return {
    packetsReceived: received?.packetsReceived ?? 0,
    packetsSent: sent?.packetsSent ?? 0,
    packetsLost: Math.max(0, received?.packetsLost ?? 0),
    jitterMs: Math.round((received?.jitter ?? 0) * 1000),
    roundTripMs: roundTrip === null ? null : Math.round(roundTrip * 1000),
    audioLevelIn: received?.audioLevel ?? null,
    audioLevelOut: of("media-source")?.audioLevel ?? null,
  };
}

/**
 * How the stretch between two readings sounded. Loss above 1 % or jitter above 30 ms is heard with G.711, above 5 % or
 * 60 ms it hurts; no packet at all is silence.
 */
export function grade(earlier: CallQuality | null, later: CallQuality): Grade {
  const received = later.packetsReceived - (earlier?.packetsReceived ?? 0);
  const lost = later.packetsLost - (earlier?.packetsLost ?? 0);
  if (received <= 0) return "silent";
  const loss = lost / (received + Math.max(0, lost));
  if (loss > 0.05 || later.jitterMs > 60) return "poor";
  if (loss > 0.01 || later.jitterMs > 30) return "fair";
  return "good";
}
