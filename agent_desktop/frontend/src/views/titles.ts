/** What the browser's tab says of each page. No customer's name: titles stay in the browser's history. */

import type { Key } from "../i18n/translate";
import type { Where } from "../state/place.svelte";

export const TITLES: Readonly<Record<Exclude<Where["kind"], "work">, Key>> = {
  find: "nav.customers",
  new: "find.new",
  customer: "nav.customers",
  contacts: "nav.contacts",
  duplicates: "nav.duplicates",
  imports: "nav.imports",
  exports: "nav.exports",
};
