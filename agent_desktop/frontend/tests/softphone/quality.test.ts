import { describe, expect, it } from "vitest";
import { assess, estimate, readQuality, summarise } from "../../src/softphone/quality";
import type { CallQuality } from "../../src/softphone/softphone";

const QUALITY: CallQuality = {
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  packetsLostOut: null,
  jitterMs: 0,
  roundTripMs: null,
  audioLevelIn: null,
  audioLevelOut: null,
  energyOut: null,
};

describe("readQuality", () => {
  it("takes the audio streams and the chosen path", () => {
    const report = new Map<string, unknown>([
      ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 9 }],
      [
        "i",
        {
          type: "inbound-rtp",
          kind: "audio",
          packetsReceived: 199,
          packetsLost: 2,
          packetsDiscarded: 1,
          jitter: 0.0126,
          audioLevel: 0.24,
        },
      ],
      ["o", { type: "outbound-rtp", kind: "audio", packetsSent: 201 }],
      ["r", { type: "remote-inbound-rtp", kind: "audio", packetsLost: 4 }],
      ["m", { type: "media-source", kind: "audio", audioLevel: 0.5, totalAudioEnergy: 1.5 }],
      ["p", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }],
      ["q", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.018 }],
    ]);
    expect(readQuality(report)).toEqual({
      packetsReceived: 199,
      packetsSent: 201,
      packetsLost: 3,
      packetsLostOut: 4,
      jitterMs: 13,
      roundTripMs: 18,
      audioLevelIn: 0.24,
      audioLevelOut: 0.5,
      energyOut: 1.5,
    });
  });

  it("knows nothing of a call without media", () => {
    expect(readQuality(new Map())).toEqual(QUALITY);
  });
});

const of = (changes: Partial<CallQuality>): CallQuality => ({ ...QUALITY, ...changes });

describe("the estimate", () => {
  it.each([
    [0, 0, 0, 4.4], // G.711 on a good network
    [0, 5, 40, 4.39],
    [0.02, 5, 40, 4.22],
    [0.05, 5, 40, 3.89],
    [0.1, 10, 100, 3.3],
    [0, 0, 700, 3.26], // half a second round trip and more is felt
    [0.5, 100, 2_000, 1],
  ])("loss %d, jitter %d ms, round trip %d ms: %d", (loss, jitter, trip, mos) => {
    expect(estimate(loss, jitter, trip)).toBeCloseTo(mos, 1);
  });

  it("never gets better when something gets worse", () => {
    for (let step = 0; step < 50; step++) {
      expect(estimate((step + 1) / 50, 0, 0)).toBeLessThanOrEqual(estimate(step / 50, 0, 0));
      expect(estimate(0, 10 * (step + 1), 0)).toBeLessThanOrEqual(estimate(0, 10 * step, 0));
      expect(estimate(0, 0, 40 * (step + 1))).toBeLessThanOrEqual(estimate(0, 0, 40 * step));
    }
  });
});

describe("a stretch of a call", () => {
  it.each<[Partial<CallQuality>, string, string | null]>([
    [{ packetsReceived: 250 }, "good", null],
    [{ packetsReceived: 248, packetsLost: 2 }, "good", null],
    [{ packetsReceived: 235, packetsLost: 15 }, "fair", "loss_in"],
    [{ packetsReceived: 220, packetsLost: 30 }, "poor", "loss_in"],
    [{ packetsReceived: 250, packetsLostOut: 30 }, "poor", "loss_out"],
    [{ packetsReceived: 250, jitterMs: 130 }, "fair", "jitter"],
    [{ packetsReceived: 250, roundTripMs: 700 }, "poor", "delay"],
    [{ packetsReceived: 0 }, "silent", "no_sound"],
    [{ packetsReceived: 250, energyOut: 0 }, "good", "microphone_silent"],
  ])("%j sounds %s: %s", (later, grade, cause) => {
    const sent = { packetsSent: 250, energyOut: 0.1 };
    expect(assess(of({ energyOut: 0 }), of({ ...sent, ...later }), false)).toMatchObject({ grade, cause });
  });

  it("is only what happened since the last reading", () => {
    const earlier = of({ packetsReceived: 1_000, packetsLost: 500 });
    expect(assess(earlier, of({ packetsReceived: 1_250, packetsLost: 500 }), false).grade).toBe("good");
    expect(assess(earlier, earlier, false).grade).toBe("silent");
  });

  it("says nothing of a microphone that is muted on purpose", () => {
    const [earlier, later] = [of({ energyOut: 1 }), of({ packetsReceived: 250, energyOut: 1 })];
    expect(assess(earlier, later, true).cause).toBeNull();
    expect(assess(earlier, later, false).cause).toBe("microphone_silent");
  });
});

describe("the whole call", () => {
  it("is the mean, with the worst stretch and its cause", () => {
    const good = assess(of({}), of({ packetsReceived: 250, jitterMs: 4, roundTripMs: 20 }), false);
    const bad = assess(of({}), of({ packetsReceived: 200, packetsLost: 50, jitterMs: 8, roundTripMs: 40 }), false);
    expect(summarise([good, bad])).toMatchObject({ jitterMs: 6, roundTripMs: 30, lostShare: 0.1, cause: "loss_in" });
    expect(summarise([good, bad])?.worstMos).toBe(bad.mos);
    expect(summarise([good, bad])?.mos).toBeCloseTo((good.mos + bad.mos) / 2);
  });

  it("is nothing when nothing was measured", () => {
    expect(summarise([])).toBeNull();
  });
});
