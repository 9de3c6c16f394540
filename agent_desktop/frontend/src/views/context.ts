/** What every view may reach, without handing it through each component. */

import { createContext } from "svelte";
import type { ServerClock } from "../state/clock.svelte";
import type { Place } from "../state/place.svelte";
import type { Preferences } from "../state/preferences.svelte";
import type { Session } from "../state/session.svelte";
import type { Surroundings, Workplace } from "../state/workplace.svelte";
import type { Words } from "./words";

export interface Page {
  readonly preferences: Preferences;
  readonly session: Session;
  readonly clock: ServerClock;
  readonly words: Words;
  readonly place: Place;
  readonly surroundings: Surroundings;
}

export const [usePage, providePage] = createContext<Page>();
export const [useWorkplace, provideWorkplace] = createContext<Workplace>();
