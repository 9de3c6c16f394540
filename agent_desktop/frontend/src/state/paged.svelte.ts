/** A list that comes page by page. What is asked for anew overtakes what was asked for before. */

import { RequestFailed } from "../protocol/http";

export interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

export class Paged<T> {
  items = $state.raw<readonly T[]>([]);
  loading = $state(false);
  /** The code of what went wrong with the last page; what came before stays. */
  failed = $state<string | null>(null);
  #cursor = $state<string | null>(null);
  #asked = 0;

  constructor(readonly fetch: (cursor: string | null) => Promise<PageOf<T>>) {}

  get more(): boolean {
    return this.#cursor !== null;
  }

  /** Begin anew. The old list stays on the screen until the new one is here. */
  async restart(): Promise<void> {
    await this.#take(null);
  }

  /** Go on from a first page that came with something else. */
  adopt(page: PageOf<T>): void {
    this.#asked += 1;
    this.items = page.items;
    this.#cursor = page.cursor;
    this.loading = false;
    this.failed = null;
  }

  async next(): Promise<void> {
    if (this.#cursor !== null && !this.loading) await this.#take(this.#cursor);
  }

  async #take(cursor: string | null): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    this.loading = true;
    this.failed = null;
    try {
      const page = await this.fetch(cursor);
      if (asked !== this.#asked) return;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.#cursor = page.cursor;
    } catch (error) {
      if (asked !== this.#asked) return;
      this.failed = codeOf(error);
    }
    this.loading = false;
  }
}

/** The code of a request that failed. Anything else is a fault of ours and goes on. */
export function codeOf(error: unknown): string {
  if (error instanceof RequestFailed) return error.code;
  throw error;
}
