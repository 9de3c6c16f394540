/** Where a column of a file may go, as people read it: `addresses.postal.city` is "City (postal)". */

import type { Key } from "../../i18n/translate";
import type { MasterPlan } from "../../protocol/messages";
import { fieldLabel } from "../customer/texts";
import type { Words } from "../words";

const PARTS: readonly string[] = ["street", "extra", "postal_code", "city", "region", "country"];

export function targetLabel(target: string, words: Words, plan: MasterPlan): string {
  const [outer = "", label = "", part = ""] = target.split(".");
  switch (outer) {
    case "numbers":
      return `${words.t("part.number")} (${words.t(`number.${label}` as Key)})`;
    case "addresses":
      return PARTS.includes(part)
        ? `${words.t(`part.${part}` as Key)} (${words.t(`address.${label}` as Key)})`
        : target;
    case "contact":
      return `${words.t("target.contact")}: ${words.t(`part.${label}` as Key)}`;
    default:
      return fieldLabel(target, words, plan);
  }
}
