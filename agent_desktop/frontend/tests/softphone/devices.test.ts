import { describe, expect, it } from "vitest";
import { MicrophoneRefused, openMicrophone, problem } from "../../src/softphone/devices";

function devices(answer: (constraints: MediaStreamConstraints) => Promise<MediaStream>): MediaDevices {
  return { getUserMedia: answer } as unknown as MediaDevices;
}

describe("the microphone", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
  ] as const)("%s means %s", (name, why) => {
    expect(problem(new DOMException("", name))).toBe(why);
  });

  it("says that the page is not secure when the browser shows no devices at all", async () => {
    await expect(openMicrophone(undefined, null)).rejects.toEqual(new MicrophoneRefused("insecure"));
  });

  it("prefers the chosen device, but takes another when it is gone", async () => {
    const asked: MediaStreamConstraints[] = [];
    const stream = {} as MediaStream;
    const some = devices((constraints) => {
      asked.push(constraints);
      return Promise.resolve(stream);
    });
    expect(await openMicrophone(some, "headset")).toBe(stream);
    expect(asked[0]).toMatchObject({ audio: { deviceId: { ideal: "headset" } }, video: false });
  });
});
