/** What people read for the configured names: queues, outcomes, not-ready reasons, in the languages there are. */

import type { Rest } from "../protocol/http";
import type { Label, LabelCatalogue } from "../protocol/messages";

type Kind = keyof LabelCatalogue;
/** Maps, not objects: a name that a caller keyed is looked up too, and `constructor` is none of ours. */
type Known = Record<Kind, ReadonlyMap<string, Label>>;

export class Labels {
  #known = $state.raw<Known>({ queues: new Map(), dispositions: new Map(), reasons: new Map() });

  constructor(readonly rest: Rest) {}

  /** Ask the server. Until it answers, and if it does not, what was known before stays. */
  async load(): Promise<void> {
    try {
      const { queues, dispositions, reasons } = await this.rest.labels();
      this.#known = { queues: byName(queues), dispositions: byName(dispositions), reasons: byName(reasons) };
    } catch {
      // Nobody is kept from work: what messages carry can be read, in English.
    }
  }

  /** All configured names of a kind. */
  names(kind: Kind): readonly string[] {
    return [...this.#known[kind].keys()];
  }

  /**
   * The words for a name; `null` if there are none. `carried` is the English label that came with the name, if one
   * did. Where it is not the one we know, it is right and ours is not: outcomes of two queues may share a name, and
   * the servers are not restarted at the same moment after a change of the configuration.
   */
  find(kind: Kind, name: string, language: keyof Label, carried: string | null = null): string | null {
    const label = this.#known[kind].get(name);
    if (label === undefined || (carried !== null && carried !== label.en)) return carried;
    return label[language] || label.en;
  }
}

function byName(labels: LabelCatalogue[Kind]): ReadonlyMap<string, Label> {
  return new Map(Object.entries(labels));
}
