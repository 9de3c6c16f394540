/** `Storage` in memory; `full` refuses to keep anything more. */

export class FakeStorage implements Storage {
  full = false;
  [name: string]: unknown;
  readonly #kept = new Map<string, string>();

  constructor() {
    // Keys are seen by Object.keys, as the browser's storage shows them.
    // biome-ignore lint/correctness/noConstructorReturn: only a proxy can list what is stored as own keys
    return new Proxy(this, {
      ownKeys: (target) => [...target.#kept.keys()],
      getOwnPropertyDescriptor: (target, key) =>
        target.#kept.has(String(key)) ? { enumerable: true, configurable: true } : undefined,
      get: (target, key) => {
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, key, value) => Reflect.set(target, key, value, target),
    });
  }

  get length(): number {
    return this.#kept.size;
  }

  key(index: number): string | null {
    return [...this.#kept.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new DOMException("full", "QuotaExceededError");
    this.#kept.set(key, value);
  }

  removeItem(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }
}
