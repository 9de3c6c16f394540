import { describe, expect, it } from "vitest";
import { grade, readQuality } from "../../src/softphone/quality";
import type { CallQuality } from "../../src/softphone/softphone";

const QUALITY: CallQuality = {
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  jitterMs: 0,
  roundTripMs: null,
  audioLevelIn: null,
  audioLevelOut: null,
};

describe("readQuality", () => {
  it("takes the audio streams and the chosen path", () => {
    const report = new Map<string, unknown>([
      ["v", { type: "inbound-rtp", kind: "video", packetsReceived: 9 }],
      [
        "i",
        { type: "inbound-rtp", kind: "audio", packetsReceived: 199, packetsLost: 2, jitter: 0.0126, audioLevel: 0.24 },
      ],
      ["o", { type: "outbound-rtp", kind: "audio", packetsSent: 201 }],
      ["m", { type: "media-source", kind: "audio", audioLevel: 0.5 }],
      ["p", { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 }],
      ["q", { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.018 }],
    ]);
    expect(readQuality(report)).toEqual({
      packetsReceived: 199,
      packetsSent: 201,
      packetsLost: 2,
      jitterMs: 13,
      roundTripMs: 18,
      audioLevelIn: 0.24,
      audioLevelOut: 0.5,
    });
  });

  it("knows nothing of a call without media", () => {
    expect(readQuality(new Map())).toEqual(QUALITY);
  });
});

describe("grade", () => {
  it.each([
    [{ packetsReceived: 250 }, "good"],
    [{ packetsReceived: 246, packetsLost: 4 }, "fair"],
    [{ packetsReceived: 250, jitterMs: 40 }, "fair"],
    [{ packetsReceived: 230, packetsLost: 20 }, "poor"],
    [{ packetsReceived: 250, jitterMs: 80 }, "poor"],
    [{ packetsReceived: 0 }, "silent"],
  ])("%j sounds %s", (later, expected) => {
    expect(grade(null, { ...QUALITY, ...later })).toBe(expected);
  });

  it("looks at what happened since the last reading", () => {
    const earlier = { ...QUALITY, packetsReceived: 1_000, packetsLost: 500 };
    expect(grade(earlier, { ...QUALITY, packetsReceived: 1_250, packetsLost: 500 })).toBe("good");
    expect(grade(earlier, earlier)).toBe("silent");
  });
});
