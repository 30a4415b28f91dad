/** What the storage page draws, from the answers of the server. */
import type { BlockMeta, NamedValue } from '../api/types';

export interface Encoding {
  name: string;
  chunks: number;
  /** 0 for what has no samples of its own. */
  samples: number;
  bytes: number;
  bytesPerSample?: number;
}

/** Downsampled data of one resolution. */
export interface Level {
  /** The length of buckets, as a duration. */
  resolution: string;
  /** Whether it is still made. */
  configured: boolean;
  resolutionMillis: number;
  afterMillis: number;
  /** 0 forever. */
  keepMillis: number;
  blocks: number;
  bytes: number;
  buckets: number;
  minTime?: number;
  maxTime?: number;
}

/** Health of the store of one signal. */
export interface Store {
  name: string;
  folder: string;
  bytes: number;
  logBytes: number;
  diskFreeBytes?: number;
  diskBytes?: number;
  /** Free bytes below which the store refuses data. */
  diskReserveBytes: number;
  /** 0 for no limit. */
  retentionMillis: number;
  retentionBytes: number;
  refused: number;
  failedWrites: number;
  acceptsData: boolean;
  problem?: string;
  problemSince?: number;
  bytesPerSecond?: number;
  diskFullAt?: number;
  sizeLimitAt?: number;
}

/** A disk that is full within this time is a warning, once less than this share of it is free. */
const SOON_MS = 24 * 3_600_000;
const FREE_SHARE = 0.5;

const isFullSoon = (store: Store, now: number) =>
  store.diskFullAt !== undefined &&
  store.diskFullAt - now < SOON_MS &&
  (store.diskFreeBytes ?? 0) < FREE_SHARE * (store.diskBytes ?? Number.POSITIVE_INFINITY);

export type StoreState = 'ok' | 'warning' | 'failing';

export function storeStatus(store: Store, now: number): StoreState {
  if (!store.acceptsData) return 'failing';
  return store.problem !== undefined || isFullSoon(store, now) ? 'warning' : 'ok';
}

/** Limits that the store reaches, with the time. */
export function forecasts(store: Store, now: number): { what: string; at: number }[] {
  const out: { what: string; at: number }[] = [];
  const isFull = (store.diskFreeBytes ?? Number.POSITIVE_INFINITY) <= store.diskReserveBytes;
  if (store.diskFullAt !== undefined)
    out.push({ what: 'Disk', at: isFull ? now : Math.max(now, store.diskFullAt) });
  if (store.sizeLimitAt !== undefined)
    out.push({ what: 'Retention size', at: Math.max(now, store.sizeLimitAt) });
  return out;
}

export interface StorageStatus {
  /** Of all signals. */
  stores?: Store[];
  head: {
    series: number;
    chunks: number;
    /** ms; beyond all times when there are no samples. */
    minTime: number;
    maxTime: number;
    floatSamples: number;
    histogramSamples: number;
    lateSamples: number;
  };
  churn: { windowMillis: number; seriesCreated: number; seriesRemoved: number };
  log: { bytes: number; segment: number };
  blocks: { count: number; bytes: number; samples: number; series: number; chunks: number };
  work: {
    flushes: number;
    /** Of these before their range was full, because memory was short. */
    earlyFlushes?: number;
    compactions: number;
    downsamplings?: number;
    failures: number;
    checkpoints: number;
    checkpointFailures: number;
    blocksRemovedByAge: number;
    blocksRemovedBySize: number;
  };
  metadata: { families: number; limit: number; dropped: number };
  memory: {
    usedBytes: number;
    limitBytes?: number;
    state?: 'normal' | 'flushing' | 'slowing' | 'refusing' | string;
    seriesRefused?: number;
    writersDelayedMillis?: number;
    fileBytes?: number;
    owners: NamedValue[];
  };
  encodings: Encoding[];
  downsampled?: Level[];
}

/** Milliseconds of a block's buckets; 0 for samples. */
export const resolutionOf = (block: BlockMeta): number => block.tethys?.downsample?.resolution ?? 0;

/** ms since 1970 within what a date can be. */
export const isMoment = (ms: number) => ms > 0 && ms < 8.64e15;

export interface Strip {
  block: BlockMeta;
  /** Shares of the whole width. */
  left: number;
  width: number;
  /** Blocks that overlap others of their row stand below. */
  row: number;
}

export interface Timeline {
  from: number;
  to: number;
  rows: number;
  strips: Strip[];
}

/**
 * Blocks along time, those that overlap in rows of their own, each resolution below the finer ones; null without
 * blocks.
 */
export function timeline(blocks: BlockMeta[], until: number): Timeline | null {
  const sorted = [...blocks].sort(
    (a, b) => resolutionOf(a) - resolutionOf(b) || a.minTime - b.minTime || b.maxTime - a.maxTime,
  );
  if (sorted.length === 0) return null;
  const from = Math.min(...sorted.map((b) => b.minTime));
  const to = Math.max(until, ...sorted.map((b) => b.maxTime));
  const ends: number[] = [];
  let resolution = 0;
  let top = 0;
  const strips = sorted.map((block) => {
    if (resolutionOf(block) !== resolution) {
      resolution = resolutionOf(block);
      top = ends.length;
    }
    let row = ends.findIndex((end, i) => i >= top && end <= block.minTime);
    if (row < 0) row = ends.length;
    ends[row] = block.maxTime;
    const length = to - from;
    return {
      block,
      left: (block.minTime - from) / length,
      width: (block.maxTime - block.minTime) / length,
      row,
    };
  });
  return { from, to, rows: ends.length, strips };
}

/** Moments that divide a span well: whole minutes, hours or days, about `count` of them. */
export function ticks(from: number, to: number, count: number): number[] {
  const steps = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 10_080, 20_160, 43_200, 129_600,
  ];
  const step = (steps.find((m) => m * 60_000 * count >= to - from) ?? 525_600) * 60_000;
  const out: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to && out.length < 50; t += step) out.push(t);
  return out;
}
