/** One customer's record on the screen: read, changed field by field, and what to do when somebody else did too. */

import type { Customers, Values } from "../protocol/customers";
import { RequestFailed } from "../protocol/http";
import type { CustomerPage, CustomerRecord, EditConflict, FieldProblem } from "../protocol/messages";
import { codeOf } from "./paged.svelte";

export class RecordStore {
  page = $state.raw<CustomerPage | null>(null);
  /** Why there is no record to show, or why what was asked for could not be done. */
  failed = $state<string | null>(null);
  saving = $state(false);
  problems = $state.raw<readonly FieldProblem[]>([]);
  /** What both changed; nothing is lost until the person has chosen. */
  conflict = $state.raw<EditConflict | null>(null);
  /** Fields that somebody else had changed meanwhile, both kept. */
  joined = $state.raw<readonly string[]>([]);

  constructor(
    readonly customers: Customers,
    readonly customer: string,
  ) {}

  get record(): CustomerRecord | null {
    return this.page?.record ?? null;
  }

  async load(): Promise<void> {
    try {
      this.page = await this.customers.page(this.customer);
      this.failed = null;
    } catch (error) {
      this.failed = codeOf(error);
    }
  }

  /** Change fields. `true`: they are stored. Otherwise `problems`, `conflict` or `failed` says why not. */
  async save(changes: Values, version = this.record?.version ?? 0): Promise<boolean> {
    const record = this.record;
    if (record === null || this.saving) return false;
    this.saving = true;
    this.failed = null;
    this.problems = [];
    try {
      const edited = await this.customers.edit(record.customer, version, changes);
      this.#show(edited.record);
      this.joined = edited.joined;
      this.conflict = null;
      if (Object.keys(changes).some((name) => name.startsWith("preferences"))) await this.#lookAtAlerts();
      return true;
    } catch (error) {
      this.failed = codeOf(error);
      this.#explain(error);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** Settle a conflict: these fields as I want them, the others as they are now. */
  async settle(mine: ReadonlySet<string>): Promise<boolean> {
    const conflict = this.conflict;
    if (conflict === null) return false;
    const both = new Set(conflict.conflicts.map(({ field }) => field));
    const changes = Object.fromEntries(
      Object.entries(conflict.mine).filter(([field]) => !both.has(field) || mine.has(field)),
    );
    this.#show(conflict.record);
    this.conflict = null;
    return Object.keys(changes).length === 0 || this.save(changes, conflict.record.version);
  }

  /** Begin with another field: what was wrong before is of no interest. */
  forget(): void {
    this.problems = [];
    this.failed = null;
    this.joined = [];
  }

  problemOf(field: string): readonly FieldProblem[] {
    return this.problems.filter((one) => one.field === field || one.field.startsWith(`${field}.`));
  }

  /** Alerts follow from wishes ("do not call"). What is on the screen of the timeline stays. */
  async #lookAtAlerts(): Promise<void> {
    const shown = this.page;
    const fresh = await this.customers.page(this.customer).catch(() => null); // the edit was made, whatever this says
    if (shown !== null && fresh !== null) this.page = { ...fresh, history: shown.history, cursor: shown.cursor };
  }

  #show(record: CustomerRecord): void {
    if (this.page !== null) this.page = { ...this.page, record };
  }

  #explain(error: unknown): void {
    if (!(error instanceof RequestFailed)) return;
    this.problems = error.problem.problems ?? [];
    if (error.problem.conflict) {
      this.conflict = error.problem.conflict;
      this.failed = null;
    } else if (this.problems.length > 0) this.failed = null;
  }
}
