/** The view as the browser holds it: a snapshot, and the frames that replace sections of it. Pure. */

import type { View, ViewFrame } from "./messages";

/**
 * Return `view` with the sections that `frame.changed` names replaced. `null` is a value here: a changed section
 * without a value in the frame is `null` ("no contact any more"). A section that this kind of view does not have is
 * ignored, so that a newer server does not break an older page.
 */
export function merge(view: View, frame: ViewFrame): View {
  const next = { ...view } as Record<string, unknown>;
  for (const section of frame.changed) {
    if (section in view) next[section] = frame[section] ?? null;
  }
  return next as unknown as View;
}
