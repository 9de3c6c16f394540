/**
 * One tab has the softphone: two would register the same phone and take it from each other. The Web Locks API elects
 * it; a tab that wants to take over asks first, and a leader in a call declines.
 */

export type Leadership = "electing" | "leader" | "follower";
export type TakeOver = "taken" | "in_call";

const ANSWER_WITHIN_MS = 1_000;

type Word = { readonly type: "wanted" } | { readonly type: "in_call" };

/** The part of BroadcastChannel that is used. */
export interface Channel {
  onmessage: ((event: { data: unknown }) => void) | null;
  postMessage(word: unknown): void;
  close(): void;
}

export class Leader {
  #state = $state<Leadership>("electing");
  #release: (() => void) | null = null;
  #stopped = false;
  #declined: (() => void) | null = null;
  readonly #channel: Channel;

  /** `name` is the same in all tabs of one person. `inCall` says whether giving way would cut a conversation. */
  constructor(
    readonly locks: LockManager | undefined,
    readonly name: string,
    readonly inCall: () => boolean,
    readonly changed: (state: Leadership) => void,
    channel: (name: string) => Channel = (name) => new BroadcastChannel(name) as unknown as Channel,
  ) {
    this.#channel = channel(name);
    this.#channel.onmessage = ({ data }) => this.#heard(data as Word);
  }

  get state(): Leadership {
    return this.#state;
  }

  async start(): Promise<void> {
    // Browsers have no locks on pages that are not secure; there no microphone is to be had either.
    if (this.locks === undefined) {
      this.#become("leader");
      return;
    }
    await this.#hold({ ifAvailable: true });
    if (this.state === "follower") this.#queue();
  }

  /** Ask the other tab to give way. One that is frozen and does not answer is overruled. */
  async takeOver(): Promise<TakeOver> {
    const declined = new Promise<TakeOver>((resolve) => {
      this.#declined = () => resolve("in_call");
    });
    const silent = new Promise<TakeOver>((resolve) => setTimeout(() => resolve("taken"), ANSWER_WITHIN_MS));
    this.#channel.postMessage({ type: "wanted" } satisfies Word);
    const answer = await Promise.race([declined, silent]);
    this.#declined = null;
    if (answer === "taken" && this.state !== "leader") void this.#hold({ steal: true });
    return answer;
  }

  stop(): void {
    this.#stopped = true;
    this.#release?.();
    this.#release = null;
    this.#channel.close();
  }

  #heard(word: Word): void {
    if (word.type === "in_call") this.#declined?.();
    if (word.type !== "wanted" || this.state !== "leader") return;
    if (this.inCall()) {
      this.#channel.postMessage({ type: "in_call" } satisfies Word);
    } else {
      this.#become("follower");
      this.#release?.();
      this.#queue();
    }
  }

  #become(state: Leadership): void {
    if (this.#stopped || this.#state === state) return;
    this.#state = state;
    this.changed(state);
  }

  /** The leader's tab may close: then the follower who has waited longest goes on. */
  #queue(): void {
    if (!this.#stopped) void this.#hold({});
  }

  /** Resolves as soon as it is known whether this tab leads. */
  #hold(options: LockOptions): Promise<void> {
    return new Promise((known) => {
      const held = this.locks?.request(this.name, options, (lock) => {
        if (lock === null || this.#stopped) {
          this.#become("follower");
          known();
          return undefined;
        }
        this.#become("leader");
        known();
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
      // Rejected when another tab steals the lock.
      held?.catch(() => {
        this.#become("follower");
        known();
        this.#queue();
      });
    });
  }
}
