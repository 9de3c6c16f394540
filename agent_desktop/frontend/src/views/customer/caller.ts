/** Somebody on the line who has no record: the interaction can be kept with a customer. */
export interface Caller {
  readonly interaction: string;
  readonly number: string;
  readonly name: string;
}
