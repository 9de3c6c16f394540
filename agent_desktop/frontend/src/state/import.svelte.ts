/** A file on its way into the records: sent, looked at, mapped, begun. */

import type { Customers } from "../protocol/customers";
import { RequestFailed } from "../protocol/http";
import type { ImportPlan, ImportPreview, SpooledFile, Words } from "../protocol/messages";
import { codeOf } from "./paged.svelte";

export class ImportDraft {
  file = $state.raw<SpooledFile | null>(null);
  preview = $state.raw<ImportPreview | null>(null);
  plan = $state.raw<ImportPlan | null>(null);
  busy = $state<"sending" | "looking" | "starting" | null>(null);
  failed = $state<string | null>(null);
  /** Why, in the server's own words. */
  why = $state.raw<Words | null>(null);
  #looked = 0;

  constructor(readonly customers: Customers) {}

  async send(chosen: File): Promise<void> {
    await this.discard();
    await this.#attempt("sending", async () => {
      this.file = await this.customers.send(chosen);
    });
    if (this.file !== null) await this.#look(null);
  }

  /** Read the file in another way: what would become of its rows then? */
  async change(changes: Partial<ImportPlan>): Promise<void> {
    if (this.plan === null) return;
    this.plan = { ...this.plan, ...changes };
    await this.#look(this.plan);
  }

  map(title: string, target: string): Promise<void> {
    const columns = { ...this.plan?.columns };
    if (target === "") delete columns[title];
    else columns[title] = target;
    return this.change({ columns });
  }

  /** Begin. `true`: the import runs, and this draft is done with. */
  async start(): Promise<boolean> {
    const { file, plan } = this;
    if (file === null || plan === null || this.busy !== null) return false;
    await this.#attempt("starting", async () => {
      await this.customers.startImport(file.file, plan);
      this.#forget();
    });
    return this.file === null;
  }

  async discard(): Promise<void> {
    const file = this.file;
    this.#forget();
    if (file !== null) await this.customers.discard(file.file).catch(() => undefined); // it goes by itself after a day
  }

  async #look(plan: ImportPlan | null): Promise<void> {
    const file = this.file;
    if (file === null) return;
    this.#looked += 1;
    const looked = this.#looked;
    await this.#attempt("looking", async () => {
      const seen = await this.customers.preview(file.file, plan);
      if (looked !== this.#looked) return; // it was mapped in another way meanwhile
      this.preview = seen;
      this.plan = seen.plan;
    });
  }

  #forget(): void {
    this.file = null;
    this.preview = null;
    this.plan = null;
    this.failed = null;
    this.why = null;
  }

  async #attempt(busy: "sending" | "looking" | "starting", what: () => Promise<void>): Promise<void> {
    this.busy = busy;
    this.failed = null;
    this.why = null;
    try {
      await what();
    } catch (error) {
      this.failed = codeOf(error);
      if (error instanceof RequestFailed) this.why = error.problem.words ?? null;
    }
    this.busy = null;
  }
}
