/** The sound devices of a machine: the test plugs them in and out. */

import type { DeviceSource } from "../../src/state/devices.svelte";

export class FakeDevices implements DeviceSource {
  #devices: readonly MediaDeviceInfo[] = [];
  readonly #listeners: (() => void)[] = [];

  /** What is plugged in from now on, by name: `"in:Headset"` is a microphone, `"out:Headset"` plays. */
  plug(...names: readonly `${"in" | "out"}:${string}`[]): void {
    this.#devices = names.map((name) => {
      const [way, label = ""] = name.split(":");
      const kind = way === "in" ? "audioinput" : "audiooutput";
      return { deviceId: label.toLowerCase(), groupId: "", kind, label, toJSON: () => label };
    });
    for (const listener of this.#listeners) listener();
  }

  enumerateDevices(): Promise<readonly MediaDeviceInfo[]> {
    return Promise.resolve(this.#devices);
  }

  addEventListener(_type: "devicechange", listener: () => void): void {
    this.#listeners.push(listener);
  }
}
