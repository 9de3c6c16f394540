/** The sound devices that are plugged in now, and whether those that were chosen are among them. */

export type Kind = "microphone" | "speaker" | "ringer";

const KINDS: Record<Kind, MediaDeviceKind> = {
  microphone: "audioinput",
  speaker: "audiooutput",
  ringer: "audiooutput",
};

/** The part of `MediaDevices` that is used. */
export interface DeviceSource {
  enumerateDevices(): Promise<readonly MediaDeviceInfo[]>;
  addEventListener(type: "devicechange", listener: () => void): void;
}

export class Devices {
  #all = $state.raw<readonly MediaDeviceInfo[]>([]);

  /** `source`: none on pages that may use no microphone. */
  constructor(readonly source: DeviceSource | undefined) {
    source?.addEventListener("devicechange", () => void this.refresh());
  }

  /** Ask the browser; it tells names only to a page that may use the microphone. */
  async refresh(): Promise<void> {
    this.#all = (await this.source?.enumerateDevices().catch(() => [])) ?? [];
  }

  /** Those that can be chosen; the system's own choice is not among them. */
  of(kind: Kind): readonly MediaDeviceInfo[] {
    const named = ({ deviceId }: MediaDeviceInfo): boolean => !["", "default", "communications"].includes(deviceId);
    return this.#all.filter((device) => device.kind === KINDS[kind] && named(device));
  }

  /** The chosen one is not plugged in: the system's own is used until it is. */
  missing(kind: Kind, chosen: string | null): boolean {
    const known = this.of(kind);
    return (
      chosen !== null &&
      this.#all.some(({ label }) => label !== "") &&
      !known.some(({ deviceId }) => deviceId === chosen)
    );
  }
}
