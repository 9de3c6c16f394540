/** The tree of outcome codes, as a list to choose from. Pure. */

import type { DispositionChoice } from "../protocol/messages";

/** The outcomes below one group; `path` are the groups above them, outermost first, none for those at the top. */
export interface OutcomeGroup {
  readonly path: readonly DispositionChoice[];
  readonly outcomes: readonly DispositionChoice[];
}

/** In the order of the configuration; groups with nothing to choose in them are left out. */
export function outcomeGroups(choices: readonly DispositionChoice[]): readonly OutcomeGroup[] {
  const known = new Map(choices.map((choice) => [choice.name, choice]));
  const groups = new Map<string, DispositionChoice[]>();
  for (const choice of choices) {
    if (choice.group) continue;
    const parent = choice.parent ?? "";
    groups.set(parent, [...(groups.get(parent) ?? []), choice]);
  }
  const names = ["", ...choices.filter(({ group }) => group).map(({ name }) => name)];
  return [...new Set([...names, ...groups.keys()])]
    .map((name) => ({ path: pathTo(name, known), outcomes: groups.get(name) ?? [] }))
    .filter(({ outcomes }) => outcomes.length > 0);
}

function pathTo(name: string, known: ReadonlyMap<string, DispositionChoice>): DispositionChoice[] {
  const path: DispositionChoice[] = [];
  for (let at = known.get(name); at !== undefined && !path.includes(at); at = known.get(at.parent ?? ""))
    path.unshift(at);
  return path;
}
