/** Shapes of the Prometheus HTTP API v1, as far as the application reads them. */

export type LabelSet = Record<string, string>;

/** [unix seconds, value as text]. */
export type SamplePair = [number, string];

/** [rule, lower, upper, count]; rule 0 open left, 1 open right, 2 both open, 3 both closed. */
export type HistogramBucket = [number, string, string, string];

export interface HistogramValue {
  count: string;
  sum: string;
  buckets?: HistogramBucket[];
}

export type HistogramPair = [number, HistogramValue];

export interface VectorItem {
  metric: LabelSet;
  value?: SamplePair;
  histogram?: HistogramPair;
}

export interface MatrixItem {
  metric: LabelSet;
  values?: SamplePair[];
  histograms?: HistogramPair[];
}

export interface QueryStats {
  timings?: Record<string, number>;
  samples?: { totalQueryableSamples?: number; peakSamples?: number; samplesRead?: number };
}

export type InstantResult =
  | { resultType: 'vector'; result: VectorItem[]; stats?: QueryStats }
  | { resultType: 'matrix'; result: MatrixItem[]; stats?: QueryStats }
  | { resultType: 'scalar'; result: SamplePair; stats?: QueryStats }
  | { resultType: 'string'; result: SamplePair; stats?: QueryStats };

export interface RangeResult {
  resultType: 'matrix';
  result: MatrixItem[];
  stats?: QueryStats;
}

export interface ExemplarSeries {
  seriesLabels: LabelSet;
  exemplars: { labels: LabelSet; value: string; timestamp: number }[];
}

export interface MetadataEntry {
  type: string;
  help: string;
  unit: string;
}

export type Metadata = Record<string, MetadataEntry[]>;

export type TargetHealth = 'up' | 'down' | 'unknown';

export interface ActiveTarget {
  discoveredLabels: LabelSet;
  labels: LabelSet;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  health: TargetHealth;
  scrapeInterval: string;
  scrapeTimeout: string;
}

export interface DroppedTarget {
  discoveredLabels: LabelSet;
  scrapePool?: string;
}

export interface TargetsData {
  activeTargets: ActiveTarget[];
  droppedTargets: DroppedTarget[];
  droppedTargetCounts?: Record<string, number>;
}

export interface NamedValue {
  name: string;
  value: number;
}

export interface TsdbStatus {
  headStats: {
    numSeries: number;
    numLabelPairs?: number;
    chunkCount: number;
    minTime: number;
    maxTime: number;
  };
  seriesCountByMetricName: NamedValue[];
  labelValueCountByLabelName: NamedValue[];
  memoryInBytesByLabelName: NamedValue[];
  seriesCountByLabelValuePair: NamedValue[];
}

export interface BlockMeta {
  ulid: string;
  minTime: number;
  maxTime: number;
  stats?: { numSamples?: number; numSeries?: number; numChunks?: number; numBytes?: number };
  compaction?: { level?: number };
  /** Of a downsampled block: the milliseconds of its buckets. */
  tethys?: { downsample?: { resolution?: number } };
}

export interface RuntimeInfo {
  startTime: string;
  CWD: string;
  hostname?: string;
  serverTime?: string;
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
  corruptionCount: number;
  storageRetention: string;
  [key: string]: unknown;
}

export interface WalReplay {
  min: number;
  max: number;
  current: number;
  state?: string;
}

export interface Notification {
  text: string;
  date: string;
  active: boolean;
}

export interface AlertInstance {
  labels: LabelSet;
  annotations: LabelSet;
  state: 'pending' | 'firing' | string;
  activeAt: string;
  value: string;
}

export interface Rule {
  type: 'alerting' | 'recording';
  name: string;
  query: string;
  health: string;
  lastError?: string;
  lastEvaluation?: string;
  evaluationTime?: number;
  labels?: LabelSet;
  annotations?: LabelSet;
  state?: 'inactive' | 'pending' | 'firing' | string;
  duration?: number;
  keepFiringFor?: number;
  alerts?: AlertInstance[];
}

export interface RuleGroup {
  name: string;
  file: string;
  interval: number;
  evaluationTime?: number;
  lastEvaluation?: string;
  /** Data of the rules; metrics when absent. */
  type?: 'logs' | 'traces' | 'profiles';
  /** Tenant whose logs or traces are queried. */
  tenant?: string;
  rules: Rule[];
}
