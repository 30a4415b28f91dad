/** Outcomes of notifications, as the API of the Alertmanager reports them. */

/** Outcome of the last notifications of an integration. */
export interface ReceiverDelivery {
  receiver: string;
  integration: string;
  index: number;
  /** Of the last acknowledged notification. */
  sentAt?: string;
  /** While the last attempt failed. */
  failingSince?: string;
  lastError?: string;
}

/** Error of an integration of each receiver that fails. */
export function failingReceivers(all: ReceiverDelivery[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const one of all)
    if (one.failingSince && !out.has(one.receiver))
      out.set(one.receiver, `${one.integration}: ${one.lastError ?? ''}`);
  return out;
}
