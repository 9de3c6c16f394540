/** Where in the desktop this person is, as the address says; going elsewhere never reloads the page, for a call may be on it. */

/** The browser's address bar and its way back. */
export interface AddressBar {
  readonly path: string;
  push(path: string): void;
  /** The person went back or forward. */
  onMoved(told: () => void): void;
}

export type Where =
  | { readonly kind: "work" } // the agent's call, the supervisor's board
  | { readonly kind: "find" }
  | { readonly kind: "new" }
  | { readonly kind: "customer"; readonly customer: string }
  | { readonly kind: "contacts" } // of all customers
  | { readonly kind: "duplicates" }
  | { readonly kind: "imports" }
  | { readonly kind: "exports" };

export const CUSTOMERS = "/customers";

export class Place {
  #path = $state("/");
  #behind = $state(CUSTOMERS);

  constructor(readonly bar: AddressBar) {
    this.#arrive(bar.path);
    bar.onMoved(() => this.#arrive(bar.path));
  }

  /** The page that a call has taken the place of, or is open now. */
  get behind(): string {
    return this.#behind;
  }

  get path(): string {
    return this.#path;
  }

  get where(): Where {
    return whereIs(this.#path);
  }

  go(path: string): void {
    if (path === this.#path) return;
    this.bar.push(path);
    this.#arrive(path);
  }

  /** A link was clicked: stay on this page, unless the person wants another tab. */
  follow(event: MouseEvent, path: string): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(path);
  }

  #arrive(path: string): void {
    this.#path = path;
    if (whereIs(path).kind !== "work") this.#behind = path;
  }
}

export function customerPath(customer: string): string {
  return `${CUSTOMERS}/${encodeURIComponent(customer)}`;
}

export function whereIs(path: string): Where {
  const [first = "", second = ""] = path.split("/").slice(1);
  if (first === "customers" && second === "new") return { kind: "new" };
  if (first === "customers" && second !== "") return { kind: "customer", customer: decoded(second) };
  if (first === "customers") return { kind: "find" };
  if (first === "contacts" || first === "duplicates" || first === "imports" || first === "exports")
    return { kind: first };
  return { kind: "work" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address that somebody typed
  }
}
