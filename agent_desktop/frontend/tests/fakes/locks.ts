/** Web Locks of one browser, shared by the "tabs" of a test. */

type Callback = (lock: Lock | null) => unknown;

interface Waiting {
  readonly callback: Callback;
  readonly settle: (value: unknown) => void;
  readonly fail: (reason: unknown) => void;
}

export class FakeLocks {
  #holder: Waiting | null = null;
  readonly #queue: Waiting[] = [];

  request(_name: string, options: LockOptions, callback: Callback): Promise<unknown> {
    return new Promise((settle, fail) => {
      const one = { callback, settle, fail };
      if (options.steal) {
        this.#holder?.fail(new DOMException("stolen", "AbortError"));
        this.#grant(one);
      } else if (this.#holder === null) {
        this.#grant(one);
      } else if (options.ifAvailable) {
        settle(callback(null));
      } else {
        this.#queue.push(one);
      }
    });
  }

  #grant(one: Waiting): void {
    this.#holder = one;
    void Promise.resolve(one.callback({ name: "", mode: "exclusive" } as Lock)).then((value) => {
      one.settle(value);
      if (this.#holder !== one) return;
      this.#holder = null;
      const next = this.#queue.shift();
      if (next !== undefined) this.#grant(next);
    });
  }
}

/** Broadcast channels of one browser. */
export class FakeAir {
  readonly #channels = new Set<{ onmessage: ((event: { data: unknown }) => void) | null }>();

  channel() {
    const channels = this.#channels;
    const mine = {
      onmessage: null as ((event: { data: unknown }) => void) | null,
      postMessage(data: unknown) {
        for (const other of channels) if (other !== mine) queueMicrotask(() => other.onmessage?.({ data }));
      },
      close() {
        channels.delete(mine);
      },
    };
    channels.add(mine);
    return mine;
  }
}
