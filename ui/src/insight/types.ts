/** Answers of `/api/v1/insight`. */
import type { LabelSet } from '../api/types';

export interface EntityRef {
  id: string;
  kind: string;
  name: string;
}

export interface Entity extends EntityRef {
  attributes: LabelSet;
  keys: string[];
  /** Labels that select its series. */
  series: LabelSet[];
}

export interface Relation {
  kind: string;
  from: string;
  to: string;
}

export interface World {
  start: string;
  entities: Entity[];
  relations: Relation[];
  problems: string[];
}

export interface EntityAnswer {
  entity: Entity;
  validity: { from: string; to?: string }[];
  outgoing: Relation[];
  incoming: Relation[];
}

export interface Symptom {
  inspection: string;
  entity: EntityRef;
  message: string;
}

export interface Problem {
  id: string;
  inspection: string;
  title: string;
  category: string;
  severity: 'warning' | 'critical';
  entity: EntityRef;
  affected: EntityRef[];
  /** Requests a second that are affected. */
  requests: number | null;
  /** Unix seconds. */
  since: number;
  lastSeen: number;
  value: number | null;
  threshold: number | null;
  unit: string;
  message: string;
  remedy: string;
  query: string;
  symptoms: Symptom[];
  /** Id of its open incident. */
  incident?: string;
}

export interface Problems {
  /** Unix seconds. */
  evaluated: number;
  problems: Problem[];
  unknown: { inspection: string; reason: string }[];
  failures: { inspection: string; error: string }[];
}

export interface Inspection {
  id: string;
  title: string;
  category: string;
  kinds: string[];
  threshold: number | null;
  unit: string;
  /** Entities that it checked. */
  checked: number;
  findings: number;
  error?: string | null;
  explanation: string;
}

export type Status = 'ok' | 'warning' | 'critical' | 'unknown';

export interface EntityHealth {
  id: string;
  status: Status;
  categories: Record<string, Status>;
}

export type ObjectiveState = 'ok' | 'burning' | 'exhausted' | 'no data';

export interface Objective {
  name: string;
  entity: EntityRef | null;
  source: string;
  /** Share of good requests, 0 to 1. */
  target: number;
  /** Seconds. */
  window: number;
  ratio: number | null;
  /** Share of the error budget that is left. */
  budget: number | null;
  burn: { window: string; rate: number | null }[];
  state: ObjectiveState;
  query: string;
}

export interface Source {
  name: string;
  url: string;
  state: string;
  /** Unix seconds. */
  lastSuccess: number | null;
  behindSeconds: number | null;
  series: number | null;
  missing: { from: number; to: number; reason: string }[];
  error?: string | null;
}
