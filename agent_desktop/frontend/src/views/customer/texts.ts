/** Values of a record as people read them, in one line. */

import type { Key } from "../../i18n/translate";
import type { Address, ContactPerson, MailEntry, MasterPlan, NumberEntry } from "../../protocol/messages";
import { amountText, type Field, fieldNamed, isBlank } from "../../state/fields";
import type { Words } from "../words";

export function fieldLabel(name: string, words: Words, plan: MasterPlan | null): string {
  const custom = plan?.custom_fields.find((one) => `custom.${one.name}` === name);
  return custom ? words.said(custom.label) : words.t(`field.${name}` as Key);
}

export function choiceLabel(field: Field, value: string, words: Words, plan: MasterPlan): string {
  if (value === "") return words.t("value.none");
  const own = field.custom?.choices.find((one) => one.name === value);
  if (own) return words.said(own.label);
  switch (field.name) {
    case "language":
      return words.languageName(value);
    case "territory": {
      const territory = plan.territories.find((one) => one.name === value);
      return territory ? words.said(territory.label) : value;
    }
    case "tier":
      return words.t(`tier.${value}` as Key);
    case "kind":
      return words.t(`kind.${value}` as Key);
    case "payment_record":
      return words.t(`paid.${value}` as Key);
    case "preferences.medium":
      return words.t(`medium.${value}` as Key);
    default:
      return value;
  }
}

/** A value in one line; a dash when there is none. */
export function textOf(name: string, value: unknown, words: Words, plan: MasterPlan): string {
  if (isBlank(value)) return "–";
  const field = fieldNamed(plan, name);
  switch (field.kind) {
    case "numbers":
      return (value as NumberEntry[]).map((one) => one.number).join(", ");
    case "mails":
      return (value as MailEntry[]).map((one) => one.mail).join(", ");
    case "addresses":
      return (value as Address[]).map((one) => addressText(one)).join("; ");
    case "contacts":
      return (value as ContactPerson[]).map((one) => one.name).join(", ");
    case "aliases":
      return (value as string[]).join(", ");
    case "flag":
      return words.t(value ? "value.yes" : "value.no");
    case "choice":
      return choiceLabel(field, String(value), words, plan);
    case "day":
      return words.day(String(value));
    case "amount":
      return typeof value === "number" ? amountText(value, plan.currency) : String(value);
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

export function addressText(address: Address): string {
  const town = [address.postal_code, address.city].filter(Boolean).join(" ");
  return [address.street, address.extra, town, address.region, address.country].filter(Boolean).join(", ");
}
