/** The server's time in the browser: every duration on the screen counts from it, whatever the machine's own clock says. */

/** Frames whose times are compared: the one that travelled fastest is the truest. About a minute of heartbeats. */
const SAMPLES = 12;

export class ServerClock {
  /** The server's UTC milliseconds; moves once a second, for the screen. */
  now = $state(0);
  #offset: number;
  #samples: number[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `monotonic` counts milliseconds and never jumps; `wall` is only a first guess until the server speaks. */
  constructor(
    readonly monotonic: () => number = () => performance.now(),
    wall: () => number = () => Date.now(),
  ) {
    this.#offset = wall() - monotonic();
    this.now = this.read();
  }

  read(): number {
    return this.at(this.monotonic());
  }

  /** The server's time at a moment of the monotonic clock. */
  at(monotonic: number): number {
    return monotonic + this.#offset;
  }

  /**
   * A frame was sent at the server's `at` and is here now. A frame's journey makes the server's clock look slow, never
   * fast: of the last ones, the largest difference has the least journey in it.
   */
  correct(at: number): void {
    this.#samples = [...this.#samples.slice(1 - SAMPLES), at - this.monotonic()];
    this.#offset = Math.max(...this.#samples);
    this.now = this.read();
  }

  start(): void {
    clearTimeout(this.#timer);
    this.now = this.read();
    // Aligned to the second, so that all counters on the page turn together.
    this.#timer = setTimeout(() => this.start(), 1_000 - (Math.floor(this.read()) % 1_000) + 1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
