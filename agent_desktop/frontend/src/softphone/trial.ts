/** Trying devices outside a call: how loud the microphone hears, and a tone for the ear. */

import { MicrophoneRefused, openMicrophone } from "./devices";
import type { MicrophoneProblem } from "./machine";

/** Loudness in decibels below full scale at which the bar begins; quieter is the noise of a room. */
const FLOOR_DB = -60;
const EVERY_MS = 80;

/** 0 to 1 for a bar, even to the ear: full scale is 1, `FLOOR_DB` and less is 0. */
export function barOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return rms === 0 ? 0 : Math.min(1, Math.max(0, 1 - (20 * Math.log10(rms)) / FLOOR_DB));
}

/** Listens to a microphone until it is stopped. */
export class MicrophoneTrial {
  #stream: MediaStream | null = null;
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Tell `level` (0 to 1) until `stop`; resolves with the reason if there is no microphone. */
  async start(device: string | null, level: (bar: number) => void): Promise<MicrophoneProblem | null> {
    this.stop();
    try {
      this.#stream = await openMicrophone(navigator.mediaDevices, device);
    } catch (error) {
      if (!(error instanceof MicrophoneRefused)) throw error;
      return error.why;
    }
    this.#context = new AudioContext();
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 2048;
    this.#context.createMediaStreamSource(this.#stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      level(barOf(samples));
    }, EVERY_MS);
    return null;
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    void this.#context?.close().catch(() => undefined);
    this.#stream = this.#context = null;
  }
}

/** Play a tone of a second where calls are heard. */
export async function playTone(device: string | null, volume: number): Promise<void> {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  const envelope = context.createGain();
  tone.frequency.value = 440;
  envelope.gain.setValueAtTime(0, context.currentTime);
  envelope.gain.linearRampToValueAtTime(0.4, context.currentTime + 0.05);
  envelope.gain.setTargetAtTime(0, context.currentTime + 0.8, 0.08);
  tone.connect(envelope).connect(out);
  const speaker = new Audio();
  speaker.srcObject = out.stream;
  speaker.volume = volume;
  if (device !== null) await speaker.setSinkId?.(device).catch(() => undefined); // it may be gone: the default plays
  tone.start();
  tone.stop(context.currentTime + 1.2);
  tone.onended = () => {
    speaker.srcObject = null;
    void context.close().catch(() => undefined);
  };
  await speaker.play().catch(() => undefined);
}
