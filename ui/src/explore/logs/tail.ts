/** Buffer between the socket of a live tail and the page. Bounded; what does not fit is counted as skipped. */
import { type Entry, type StreamItem, toEntries } from './entries';

export interface TailFrame {
  streams?: StreamItem[] | null;
  dropped_entries?: unknown[] | null;
}

/** Lines kept in the list. */
export const MAX_SHOWN = 10_000;
/** Lines waiting for the next animation frame, or for the end of a pause. */
export const MAX_PENDING = 10_000;

export class TailBuffer {
  private pending: Entry[] = [];
  private shown: Entry[] = [];
  private skippedHere = 0;
  private skippedThere = 0;
  private count = 0;

  constructor(
    private readonly maxShown = MAX_SHOWN,
    private readonly maxPending = MAX_PENDING,
  ) {}

  push(frame: TailFrame): void {
    const entries = toEntries(frame.streams ?? [], 'forward');
    this.count += entries.length;
    this.skippedThere += frame.dropped_entries?.length ?? 0;
    for (const entry of entries) this.pending.push(entry);
    const over = this.pending.length - this.maxPending;
    if (over > 0) {
      this.pending = this.pending.slice(over);
      this.skippedHere += over;
    }
  }

  /** Moves what waits into the list; false when nothing did. */
  flush(): boolean {
    if (this.pending.length === 0) return false;
    const all = this.shown.concat(this.pending);
    this.shown = all.length > this.maxShown ? all.slice(all.length - this.maxShown) : all;
    this.pending = [];
    return true;
  }

  clear(): void {
    this.pending = [];
    this.shown = [];
    this.skippedHere = 0;
    this.skippedThere = 0;
  }

  get entries(): Entry[] {
    return this.shown;
  }

  get waiting(): number {
    return this.pending.length;
  }

  /** Lines that never reached the list: too many for the page, or left out by the server. */
  get skipped(): number {
    return this.skippedHere + this.skippedThere;
  }

  get received(): number {
    return this.count;
  }
}
