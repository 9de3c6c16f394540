/** Durations, times and shares as people read them. Pure. */

import { type Language, LOCALES } from "./translate";

/** `0:07`, `12:05`, `1:02:33`. Never negative: a clock that is a moment ahead shows zero. */
export function duration(milliseconds: number): string {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const seconds = String(total % 60).padStart(2, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** For `<time datetime>`: ISO 8601, `PT725S`. */
export function isoDuration(milliseconds: number): string {
  return `PT${Math.max(0, Math.floor(milliseconds / 1000))}S`;
}

export function dateTime(language: Language, at: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeStyle: "short" }).format(at);
}

export function clockTime(language: Language, at: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], { timeStyle: "medium" }).format(at);
}

/** With the day unless it is today: `18:00`, `Mon 08:00`; in more than six days the date, as weekdays repeat then. */
export function upcoming(language: Language, at: number, now: number): string {
  const days = (at - now) / 86_400_000;
  const sameDay = new Date(at).toDateString() === new Date(now).toDateString();
  const day = sameDay ? {} : days < 6 ? ({ weekday: "short" } as const) : ({ day: "numeric", month: "short" } as const);
  return new Intl.DateTimeFormat(LOCALES[language], { ...day, hour: "2-digit", minute: "2-digit" }).format(at);
}

/** A calendar day (`2026-03-31`), in no time zone. */
export function day(language: Language, text: string): string {
  const at = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(at)) return text;
  return new Intl.DateTimeFormat(LOCALES[language], { dateStyle: "medium", timeZone: "UTC" }).format(at);
}

/** An amount in the currency's smallest unit. */
export function money(language: Language, units: number, currency: string): string {
  try {
    const form = new Intl.NumberFormat(LOCALES[language], { style: "currency", currency });
    return form.format(units / 10 ** (form.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${units} ${currency}`; // no currency at all
  }
}

export function megabytes(language: Language, bytes: number): string {
  const form = { style: "unit", unit: "megabyte", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(LOCALES[language], form).format(bytes / 1_000_000);
}

export function percent(language: Language, share: number): string {
  return new Intl.NumberFormat(LOCALES[language], { style: "percent", maximumFractionDigits: 0 }).format(share);
}

export function languageName(language: Language, tag: string): string {
  try {
    return new Intl.DisplayNames(LOCALES[language], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag; // not a language tag at all
  }
}
