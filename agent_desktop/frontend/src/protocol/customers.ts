/** What the server knows of customers, by noun; every list comes page by page. */

import type { Rest } from "./http";
import type {
  ChangePage,
  CustomerPage,
  Dealing,
  DealingPage,
  DuplicatePage,
  Edited,
  Erased,
  ExportList,
  ExportStatus,
  FileFormat,
  ImportList,
  ImportPlan,
  ImportPreview,
  ImportStatus,
  InteractionDetail,
  MasterPlan,
  MatchPage,
  Merged,
  MergeInto,
  MergePreview,
  PutOnHold,
  Relation,
  RelationKind,
  SearchPage,
  SpooledFile,
  TimelinePage,
  UnMerged,
} from "./messages";

/** Fields of a record by their flat names: `name`, `preferences.no_calls`, `custom.product`. */
export type Values = Readonly<Record<string, unknown>>;

/** What of a timeline is wanted; empty: everything. Times in milliseconds. */
export interface Wanted {
  readonly text: string;
  readonly queue: string;
  readonly outcome: string;
  readonly medium: string;
  readonly since: number | null;
}

const PAGE = "20";

export class Customers {
  constructor(readonly rest: Rest) {}

  // -- records ---------------------------------------------------------------------------------------------------

  plan(): Promise<MasterPlan> {
    return this.rest.request("GET", "/api/v1/customers/plan");
  }

  find(text: string, cursor: string | null = null): Promise<MatchPage> {
    return this.rest.request("GET", `/api/v1/customers?${query({ find: text, cursor, limit: PAGE })}`);
  }

  page(customer: string): Promise<CustomerPage> {
    return this.rest.request("GET", of(customer));
  }

  create(fields: Values): Promise<Edited> {
    return this.rest.request("POST", "/api/v1/customers", { fields });
  }

  edit(customer: string, version: number, changes: Values): Promise<Edited> {
    return this.rest.request("PATCH", of(customer), { version, changes });
  }

  changes(customer: string, cursor: string | null): Promise<ChangePage> {
    return this.rest.request("GET", `${of(customer)}/changes?${query({ cursor, limit: PAGE })}`);
  }

  relate(customer: string, kind: RelationKind, other: string): Promise<Relation> {
    return this.rest.request("POST", `${of(customer)}/relations`, { kind, other });
  }

  unrelate(relation: string): Promise<void> {
    return this.rest.request("DELETE", `/api/v1/relations/${relation}`);
  }

  // -- duplicates ------------------------------------------------------------------------------------------------

  /** Of one customer, or of all. */
  duplicates(customer: string | null, cursor: string | null = null): Promise<DuplicatePage> {
    const path = customer === null ? "/api/v1/duplicates" : `${of(customer)}/duplicates`;
    return this.rest.request("GET", `${path}?${query({ cursor, limit: PAGE })}`);
  }

  keepApart(customer: string, other: string): Promise<void> {
    return this.rest.request("POST", `${of(customer)}/apart`, { other });
  }

  mergePreview(survivor: string, merged: string): Promise<MergePreview> {
    return this.rest.request("GET", `${of(survivor)}/merge_preview?${query({ with: merged })}`);
  }

  merge(survivor: string, body: MergeInto): Promise<Merged> {
    return this.rest.request("POST", `${of(survivor)}/merges`, body);
  }

  unMerge(merge: string): Promise<UnMerged> {
    return this.rest.request("DELETE", `/api/v1/merges/${merge}`);
  }

  // -- what happened ---------------------------------------------------------------------------------------------

  timeline(customer: string, wanted: Wanted, cursor: string | null): Promise<TimelinePage> {
    return this.rest.request("GET", `${of(customer)}/timeline?${query({ ...wanted, cursor, limit: PAGE })}`);
  }

  /** Of all customers. */
  search(wanted: Wanted, cursor: string | null): Promise<SearchPage> {
    return this.rest.request("GET", `/api/v1/interactions?${query({ ...wanted, cursor, limit: PAGE })}`);
  }

  interaction(interaction: string): Promise<InteractionDetail> {
    return this.rest.request("GET", `/api/v1/interactions/${interaction}`);
  }

  annotate(interaction: string, text: string): Promise<InteractionDetail> {
    return this.rest.request("POST", `/api/v1/interactions/${interaction}/notes`, { text });
  }

  assign(interaction: string, customer: string): Promise<void> {
    return this.rest.request("PUT", `/api/v1/interactions/${interaction}/customer`, { customer });
  }

  dealings(customer: string, cursor: string | null): Promise<DealingPage> {
    return this.rest.request("GET", `${of(customer)}/dealings?${query({ cursor, limit: PAGE })}`);
  }

  settle(dealing: string, state: string): Promise<Dealing> {
    return this.rest.request("PUT", `/api/v1/dealings/${dealing}/state`, { state });
  }

  // -- one person, everywhere ------------------------------------------------------------------------------------

  hold(customer: string, body: PutOnHold): Promise<void> {
    return this.rest.request("PUT", `${of(customer)}/hold`, body);
  }

  lift(customer: string): Promise<void> {
    return this.rest.request("DELETE", `${of(customer)}/hold`);
  }

  erase(customer: string, reason: string): Promise<Erased> {
    return this.rest.request("POST", `${of(customer)}/erasure`, { reason });
  }

  // -- files -----------------------------------------------------------------------------------------------------

  send(file: File): Promise<SpooledFile> {
    return this.rest.request("POST", `/api/v1/imports/files?${query({ name: file.name.slice(0, 200) })}`, file);
  }

  preview(file: string, plan: ImportPlan | null): Promise<ImportPreview> {
    return this.rest.request("POST", `/api/v1/imports/files/${file}/preview`, { plan });
  }

  discard(file: string): Promise<void> {
    return this.rest.request("DELETE", `/api/v1/imports/files/${file}`);
  }

  startImport(file: string, plan: ImportPlan): Promise<ImportStatus> {
    return this.rest.request("POST", "/api/v1/imports", { file, plan });
  }

  imports(): Promise<ImportList> {
    return this.rest.request("GET", "/api/v1/imports");
  }

  cancelImport(id: string): Promise<ImportStatus> {
    return this.rest.request("POST", `/api/v1/imports/${id}/cancel`);
  }

  undoImport(id: string): Promise<ImportStatus> {
    return this.rest.request("POST", `/api/v1/imports/${id}/undo`);
  }

  startExport(format: FileFormat, find: string): Promise<ExportStatus> {
    return this.rest.request("POST", "/api/v1/exports", { format, find });
  }

  exports(): Promise<ExportList> {
    return this.rest.request("GET", "/api/v1/exports");
  }

  removeExport(id: string): Promise<void> {
    return this.rest.request("DELETE", `/api/v1/exports/${id}`);
  }
}

/** Where everything that is kept about a customer can be fetched as a file. */
export function personFile(customer: string): string {
  return `${of(customer)}/person`;
}

function of(customer: string): string {
  return `/api/v1/customers/${encodeURIComponent(customer)}`;
}

function query(values: Readonly<Record<string, string | number | null>>): URLSearchParams {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}
