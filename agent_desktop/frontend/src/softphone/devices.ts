/** The microphone: asking for it, knowing why it cannot be had, noticing when it goes. */

import type { MicrophoneProblem } from "./machine";

/** Headsets do echo cancellation badly or not at all; the browser does it well for speech. */
const SPEECH: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: 1,
};

export class MicrophoneRefused extends Error {
  constructor(readonly why: MicrophoneProblem) {
    super(`no microphone: ${why}`);
  }
}

/** Ask for the microphone. Rejects with `MicrophoneRefused`. */
export async function openMicrophone(devices: MediaDevices | undefined, deviceId: string | null): Promise<MediaStream> {
  // Browsers hide `mediaDevices` altogether on pages that are neither https nor localhost.
  if (devices?.getUserMedia === undefined) throw new MicrophoneRefused("insecure");
  const audio = deviceId === null ? SPEECH : { ...SPEECH, deviceId: { ideal: deviceId } };
  try {
    return await devices.getUserMedia({ audio, video: false });
  } catch (error) {
    throw new MicrophoneRefused(problem(error));
  }
}

export function problem(error: unknown): MicrophoneProblem {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing";
  return "busy"; // NotReadableError, AbortError: another program has it, or the driver fails
}
