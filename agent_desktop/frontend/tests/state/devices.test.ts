import { describe, expect, it } from "vitest";
import { barOf } from "../../src/softphone/trial";
import { Devices } from "../../src/state/devices.svelte";
import { FakeDevices } from "../fakes/devices";

const settle = (): Promise<void> => new Promise((done) => setTimeout(done));

describe("devices", () => {
  it("come and go as they are plugged in and out", async () => {
    const machine = new FakeDevices();
    const devices = new Devices(machine);
    machine.plug("in:Headset", "out:Headset", "out:Desk");
    await settle();
    expect(devices.of("microphone").map(({ label }) => label)).toEqual(["Headset"]);
    expect(devices.of("ringer").map(({ label }) => label)).toEqual(["Headset", "Desk"]);
    expect(devices.missing("microphone", "headset")).toBe(false);
    machine.plug("out:Desk");
    await settle();
    expect(devices.missing("microphone", "headset")).toBe(true);
    expect(devices.missing("speaker", null)).toBe(false);
  });

  it("are not called missing before the browser tells their names", async () => {
    const devices = new Devices(new FakeDevices());
    await devices.refresh();
    expect(devices.missing("speaker", "headset")).toBe(false);
  });

  it("are none on a page that may use none", async () => {
    const devices = new Devices(undefined);
    await devices.refresh();
    expect(devices.of("speaker")).toEqual([]);
  });
});

describe("the bar of the microphone", () => {
  it.each([
    [0, 0],
    [0.0005, 0], // the noise of a room
    [0.0316, 0.5],
    [1, 1],
  ])("for a loudness of %d is %d", (loudness, bar) => {
    expect(barOf(new Float32Array(256).fill(loudness))).toBeCloseTo(bar, 2);
  });
});
