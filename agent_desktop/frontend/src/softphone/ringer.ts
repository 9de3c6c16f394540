/** The ringing tone, made by WebAudio: nothing to download, and a chosen output device where the browser allows one. */

/** Two soft notes, twice, then a pause: noticed across a desk, bearable for eight hours. Hertz and seconds. */
const NOTES = [
  { frequency: 659.25, at: 0 },
  { frequency: 783.99, at: 0.18 },
  { frequency: 659.25, at: 0.5 },
  { frequency: 783.99, at: 0.68 },
] as const;
const NOTE_S = 0.32;
const PERIOD_MS = 2_600;

type AudioContextWithSink = AudioContext & { setSinkId?: (id: string) => Promise<void> };

export class Ringer {
  #context: AudioContextWithSink | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #bursts: GainNode[] = [];

  /** Told whether the browser holds the sound back until the page is touched. */
  blocked: (blocked: boolean) => void = () => {};

  /** `volume` is 0 to 1. */
  constructor(
    readonly volume: () => number,
    readonly makeContext: () => AudioContext = () => new AudioContext(),
  ) {}

  /** Browsers allow sound after a key or a click only: call this from one, as often as you like. */
  async unlock(): Promise<void> {
    this.#context ??= this.makeContext();
    if (this.#context.state === "suspended") await this.#context.resume().catch(() => undefined);
    if (this.#context.state === "running") this.blocked(false);
  }

  async useDevice(id: string): Promise<void> {
    this.#context ??= this.makeContext();
    await this.#context.setSinkId?.(id).catch(() => undefined); // the device may be gone: the default rings
  }

  start(): void {
    if (this.#timer !== undefined) return;
    this.#context ??= this.makeContext();
    void this.#context.resume().catch(() => undefined);
    this.blocked(this.#context.state !== "running");
    this.#burst();
    this.#timer = setInterval(() => this.#burst(), PERIOD_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const now = this.#context?.currentTime ?? 0;
    for (const burst of this.#bursts) {
      burst.gain.cancelScheduledValues(now);
      burst.gain.setTargetAtTime(0, now, 0.02); // a hard cut clicks
    }
    this.#bursts = [];
  }

  /** One burst, to try volume and device. */
  test(): void {
    this.#context ??= this.makeContext();
    void this.#context.resume().then(() => this.#burst());
  }

  #burst(): void {
    const context = this.#context;
    if (context === null) return;
    this.blocked(context.state !== "running");
    if (context.state !== "running") return; // sounds started now would all come at once after the first click
    const out = context.createGain();
    out.gain.value = this.volume() * 0.5;
    out.connect(context.destination);
    for (const note of NOTES) this.#note(context, out, note.frequency, context.currentTime + note.at);
    this.#bursts = [...this.#bursts.slice(-1), out];
  }

  #note(context: AudioContext, out: AudioNode, frequency: number, at: number): void {
    const oscillator = context.createOscillator();
    const envelope = context.createGain();
    oscillator.type = "triangle";
    oscillator.frequency.value = frequency;
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(1, at + 0.015);
    envelope.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S);
    oscillator.connect(envelope).connect(out);
    oscillator.start(at);
    oscillator.stop(at + NOTE_S);
  }
}
