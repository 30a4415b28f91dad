/** Answers of `/api/v1/insight/deployments`. */
import type { EntityRef } from '../insight/types';

export interface VersionChange {
  kind: 'version' | 'image' | 'revision';
  /** Repository of the image. */
  subject: string;
  before: string[];
  after: string;
}

export interface Deployment {
  id: string;
  service: EntityRef;
  /** Unix seconds. */
  start: number;
  /** Unix seconds; null while the rollout continues. */
  end: number | null;
  status: 'in progress' | 'complete' | 'cancelled' | 'superseded';
  changes: VersionChange[];
  instancesBefore: number;
  instancesAfter: number;
}

export interface Deployments {
  /** Begin of the history. */
  start: string;
  deployments: Deployment[];
}

export type Judgement =
  | 'worse'
  | 'better'
  | 'changed'
  | 'same'
  | 'usual'
  | 'not observed'
  | 'one sided'
  | 'new'
  | 'grown';

/** Unix seconds. */
export interface TimeWindow {
  from: number;
  to: number;
}

export type Language = 'promql' | 'logql' | 'traceql' | 'profile';

export interface Figure {
  id: string;
  title: string;
  category: string;
  unit: string;
  before: number | null;
  after: number | null;
  dayBefore: number | null;
  /** Difference from which it counts as changed. */
  limit: number | null;
  judgement: Judgement;
  language: Language;
  query: string;
  note: string;
}

export interface ItemList {
  id: string;
  title: string;
  unit: 'count' | 'ratio';
  compared: number;
  language: Language;
  query: string;
  note: string;
  items: { name: string; before: number; after: number; judgement: Judgement }[];
}

export interface Comparison {
  deployment: Deployment;
  before: TimeWindow | null;
  after: TimeWindow | null;
  dayBefore: TimeWindow | null;
  reason: string;
  rule: string;
  figures: Figure[];
  lists: ItemList[];
}
