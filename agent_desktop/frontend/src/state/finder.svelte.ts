/** Looking for customers while the person types. */

import type { Customers } from "../protocol/customers";
import type { CustomerMatch } from "../protocol/messages";
import { Paged } from "./paged.svelte";

const PATIENCE_MS = 180; // after the last key: fewer questions, and the list does not flicker

export class Finder {
  readonly found: Paged<CustomerMatch>;
  /** What was looked for; empty: nothing yet. */
  asked = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(customers: Customers) {
    this.found = new Paged((cursor) => customers.find(this.asked, cursor));
  }

  type(text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(text), PATIENCE_MS);
  }

  look(text: string): void {
    clearTimeout(this.#timer);
    const wanted = text.trim();
    if (wanted === this.asked) return;
    this.asked = wanted;
    if (wanted === "") this.found.adopt({ items: [], cursor: null });
    else void this.found.restart();
  }
}
