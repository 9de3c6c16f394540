/** Records, pages and timelines of customers as the server gives them. */

import type {
  CustomerFields,
  CustomerPage,
  CustomerRecord,
  ImportPreview,
  ImportStatus,
  MasterPlan,
  PastInteraction,
} from "../src/protocol/messages";
import { AT, customer } from "./samples";

export const PLAN: MasterPlan = {
  custom_fields: [
    {
      name: "product",
      label: { en: "Product", zh: "产品" },
      kind: "choice",
      required: false,
      max_length: 200,
      least: null,
      most: null,
      choices: [{ name: "home", label: { en: "Home line", zh: "家庭宽带" } }],
      on_card: true,
      routing: true,
    },
  ],
  territories: [{ name: "east", label: { en: "East", zh: "东区" } }],
  hidden: { agent: ["credit_limit"] },
  currency: "USD",
  country: "US",
};

export function fields(changes: Partial<CustomerFields> = {}): CustomerFields {
  return {
    kind: "person",
    name: "Mei Lin",
    given_name: "",
    family_name: "",
    salutation: "",
    name_reading: "",
    aliases: [],
    account: "40012278",
    numbers: [{ number: "+15550100", label: "mobile", shared: false }],
    mails: [],
    addresses: [],
    contacts: [],
    language: "zh",
    tier: "vip",
    credit_limit: null,
    currency: null,
    payment_terms_days: null,
    payment_record: "unknown",
    tax_number: "",
    website: "",
    industry: "",
    birthday: null,
    owner: null,
    territory: "",
    source: "",
    preferences: {
      no_calls: false,
      no_mail: false,
      no_post: false,
      medium: "",
      best_from: null,
      best_until: null,
      time_zone: "",
    },
    remark: "",
    custom: {},
    ...changes,
  };
}

export function record(changes: Partial<CustomerRecord> = {}): CustomerRecord {
  return {
    customer: "c-1",
    version: 3,
    fields: fields(),
    created_at: AT,
    updated_at: AT,
    merged_into: null,
    hold: null,
    hidden: ["credit_limit"],
    ...changes,
  };
}

export function past(number: number, changes: Partial<PastInteraction> = {}): PastInteraction {
  const [first] = customer().history;
  if (first === undefined) throw new Error("the sample has a history");
  return {
    ...first,
    interaction: `0192f3a0-0000-7000-8000-${String(number).padStart(12, "0")}`,
    note: `note ${number}`,
    ...changes,
  };
}

export function page(changes: Partial<CustomerPage> = {}): CustomerPage {
  return {
    record: record(),
    asked_for: "c-1",
    alerts: [],
    coverage: { state: "none", until: null, level: "", dealing: null, text: { en: "", zh: "" } },
    dealings: [],
    relations: [],
    merges: [],
    duplicates: 0,
    history: [past(2), past(1)],
    cursor: null,
    partial: [],
    ...changes,
  };
}

export function match(customer: string, name: string) {
  return { customer, kind: "person", name, account: customer, tier: "standard", city: "", numbers: [], contact: null };
}

export function problem(code: string, status: number, more: object = {}): Response {
  const body = { type: "about:blank", title: "", status, code, detail: "", ...more };
  return Response.json(body, { status, headers: { "content-type": "application/problem+json" } });
}

export const IMPORT_PLAN = {
  columns: { Name: "name" },
  match_by: ["account"],
  duplicates: "fill",
  encoding: null,
  delimiter: null,
  sheet: null,
  country: "US",
  shared_numbers: false,
  titles: [],
} as const;

export function preview(changes: Partial<ImportPreview> = {}): ImportPreview {
  return {
    format: "csv",
    encoding: "utf-8",
    delimiter: ",",
    sheets: [],
    columns: [
      { title: "Name", samples: ["Mei"], suggested: "name" },
      { title: "Tel", samples: ["call me"], suggested: null },
    ],
    targets: ["name", "numbers.mobile"],
    rows: [
      { line: 2, action: "create", cells: ["Mei", "call me"], values: { name: "Mei" }, problems: [], matches: null },
    ],
    plan: IMPORT_PLAN,
    problems: [],
    ...changes,
  };
}

export function importStatus(changes: Partial<ImportStatus> = {}): ImportStatus {
  return {
    id: "0192f3a0-0000-7000-8000-0000000000aa",
    file: "list.csv",
    by: "sue",
    by_name: "Sue",
    state: "done",
    started_at: AT,
    ended_at: AT,
    size: 10,
    read: 10,
    rows: 2,
    created: 1,
    updated: 0,
    skipped: 0,
    refused: 1,
    kept: 0,
    error: null,
    ...changes,
  };
}
