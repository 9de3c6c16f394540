/** The fields of a customer's record, and their values as text. Pure. */

import type { CustomerFields, CustomField, MasterPlan } from "../protocol/messages";

export type Kind =
  | "text"
  | "long"
  | "day"
  | "time"
  | "whole"
  | "decimal"
  | "amount"
  | "flag"
  | "choice"
  | "aliases"
  | "numbers"
  | "mails"
  | "addresses"
  | "contacts";

export interface Field {
  readonly name: string; // flat: `preferences.no_calls`
  readonly kind: Kind;
  readonly choices?: readonly string[];
  readonly custom?: CustomField;
}

export interface Group {
  readonly name: "reach" | "person" | "business" | "preferences" | "custom";
  readonly fields: readonly Field[];
}

const text = (name: string): Field => ({ name, kind: "text" });
const flag = (name: string): Field => ({ name, kind: "flag" });
const choice = (name: string, choices: readonly string[]): Field => ({ name, kind: "choice", choices });

/** The languages that people of this firm's world speak most; another one may be written by its code. */
export const LANGUAGES = ["en", "zh", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ru", "ar", "ja", "ko"] as const;

export function groups(plan: MasterPlan): readonly Group[] {
  const territories = plan.territories.map(({ name }) => name);
  return [
    {
      name: "reach",
      fields: [
        { name: "numbers", kind: "numbers" },
        { name: "mails", kind: "mails" },
        { name: "addresses", kind: "addresses" },
        { name: "contacts", kind: "contacts" },
        text("website"),
      ],
    },
    {
      name: "person",
      fields: [
        text("name"),
        choice("kind", ["person", "company"]),
        text("salutation"),
        text("given_name"),
        text("family_name"),
        text("name_reading"),
        { name: "aliases", kind: "aliases" },
        choice("language", ["", ...LANGUAGES]),
        { name: "birthday", kind: "day" },
        { name: "remark", kind: "long" },
      ],
    },
    {
      name: "business",
      fields: [
        text("account"),
        choice("tier", ["standard", "gold", "vip"]),
        text("owner"),
        territories.length > 0 ? choice("territory", ["", ...territories]) : text("territory"),
        text("industry"),
        text("source"),
        { name: "credit_limit", kind: "amount" },
        text("currency"),
        { name: "payment_terms_days", kind: "whole" },
        choice("payment_record", ["unknown", "prompt", "late", "poor"]),
        text("tax_number"),
      ],
    },
    {
      name: "preferences",
      fields: [
        flag("preferences.no_calls"),
        flag("preferences.no_mail"),
        flag("preferences.no_post"),
        choice("preferences.medium", ["", "call", "mail", "chat", "post"]),
        { name: "preferences.best_from", kind: "time" },
        { name: "preferences.best_until", kind: "time" },
        text("preferences.time_zone"),
      ],
    },
    { name: "custom", fields: plan.custom_fields.map(customField) },
  ];
}

function customField(custom: CustomField): Field {
  const name = `custom.${custom.name}`;
  switch (custom.kind) {
    case "integer":
      return { name, kind: "whole", custom };
    case "decimal":
      return { name, kind: "decimal", custom };
    case "day":
      return { name, kind: "day", custom };
    case "flag":
      return { name, kind: "flag", custom };
    case "choice":
      return { name, kind: "choice", choices: ["", ...custom.choices.map((one) => one.name)], custom };
    default:
      return { name, kind: "text", custom };
  }
}

export function fieldNamed(plan: MasterPlan, name: string): Field {
  const known = groups(plan).flatMap(({ fields }) => fields);
  return known.find((field) => field.name === name) ?? text(name);
}

/** The value of a field by its flat name. */
export function fieldValue(fields: CustomerFields, name: string): unknown {
  const [outer = "", inner] = name.split(".");
  const value = (fields as unknown as Readonly<Record<string, unknown>>)[outer];
  if (inner === undefined) return value;
  return (value as Readonly<Record<string, unknown>> | undefined)?.[inner] ?? null;
}

export function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** An amount of the currency's smallest unit as people write it: 123456 → "1234.56". */
export function amountText(units: number, currency: string): string {
  const decimals = decimalsOf(currency);
  const digits = String(Math.abs(units)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const sign = units < 0 ? "-" : "";
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-decimals)}`;
}

/** What a person typed as an amount in the smallest unit; `null`: it is none. */
export function amountOf(typed: string, currency: string): number | null {
  const decimals = decimalsOf(currency);
  const match = /^(\d{1,13})(?:\.(\d+))?$/.exec(typed.replace(/[\s,]/g, ""));
  if (match === null) return null;
  const rest = match[2] ?? "";
  if (rest.length > decimals) return null;
  return Number(`${match[1]}${rest.padEnd(decimals, "0")}`);
}

export function decimalsOf(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2; // no currency at all
  }
}

/** A short name for a new contact person that none of the others has. */
export function freshContact(taken: readonly string[]): string {
  for (let number = taken.length + 1; ; number += 1) if (!taken.includes(String(number))) return String(number);
}
