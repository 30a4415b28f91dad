/** Answers of `/api/v1/insight/incidents`. Times are Unix seconds. */
import type { EntityRef } from '../insight/types';

export type IncidentState = 'open' | 'acknowledged' | 'ended';

export interface Incident {
  id: string;
  state: IncidentState;
  severity: 'warning' | 'critical';
  title: string;
  message: string;
  entity: EntityRef;
  cause: string;
  query: string;
  start: number;
  lastSeen: number;
  end: number | null;
  acknowledgedBy: string;
  acknowledgedAt: number | null;
  affected: EntityRef[];
  requestRate: number;
  peakRate: number;
  requests: number;
  continuedIn: string;
  notes: number;
}

export interface TimelineEntry {
  time: number;
  kind: string;
  title: string;
  text: string;
  by: string;
  entity: string;
  query: string;
}

export interface IncidentDetails extends Incident {
  timeline: TimelineEntry[];
  /** Entries that the timeline had no room for. */
  omitted: number;
}

export interface IncidentList {
  incidents: Incident[];
  /** Incidents that match, with those beyond the limit. */
  matching: number;
  notices: string[];
}
