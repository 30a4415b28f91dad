/** What /api/v1/logs says, and how often it is asked. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import type { LabelSet } from '../api/types';

export interface FileInfo {
  job: string;
  path: string;
  labels: LabelSet;
  size: number;
  read: number;
  delivered: number;
  /** Bytes that are not delivered. */
  behind: number;
  /** ms since 1970. */
  modified: number;
  compressed: boolean;
  problem?: string;
}

export interface LogTarget {
  path: string;
  exclude?: string;
  labels: LabelSet;
  discovered: LabelSet;
  files: number;
}

export interface LogJob {
  name: string;
  sources: { labels: LabelSet; details: Record<string, string> }[];
  targets: LogTarget[];
  active: number;
  droppedCount: number;
  dropped: { discovered: LabelSet; reason: string; why: string }[];
}

export interface LogTargets {
  /** ms since 1970. */
  at: number;
  jobs: LogJob[];
  files: {
    total: number;
    matching: number;
    size: number;
    behind: number;
    failed: number;
    shown: FileInfo[];
  };
}

export interface Loss {
  where: 'stages' | 'sending' | 'cut' | 'files' | 'sources';
  unit: 'entries' | 'bytes' | 'files';
  /** Whether somebody asked for it. */
  meant: boolean;
  why: string;
  reason: string;
  labels: LabelSet;
  count: number;
  metric: string;
}

export interface Pattern {
  job: string;
  severity: string;
  hash: string;
  pattern: string;
  count: number;
}

export interface Patterns {
  severities?: { job: string; severity: string; count: number }[];
  patterns?: Pattern[];
}

export interface Snapshot {
  timestamp: string;
  line: string;
  labels: LabelSet;
  metadata: LabelSet;
  extracted: LabelSet;
}

export interface Step {
  stage: string;
  before?: Snapshot;
  after: Snapshot[];
}

export interface Client {
  name: string;
  host: string;
  /** Entries that are not acknowledged yet. */
  queued: number;
  failing: boolean;
  lastError: string;
  /** ms since 1970; 0 for never. */
  lastErrorMillis: number;
}

export interface Stages {
  /** Whether entries may be looked at as they pass. */
  tap: boolean;
  jobs: { name: string; stages: number; labels: LabelSet }[];
  clients?: Client[];
}

export interface Trace {
  job: string;
  entry?: Snapshot;
  steps: Step[];
}

export function useLogTargets(search = '') {
  return useQuery<LogTargets>({
    queryKey: ['log-targets', search],
    queryFn: ({ signal }) =>
      call<LogTargets>('logs/targets', search ? { search } : {}, signal).then((a) => a.data),
    structuralSharing: false,
    placeholderData: keepPreviousData,
    refetchInterval: 3000,
  });
}

export function useLosses() {
  return useQuery<Loss[]>({
    queryKey: ['log-losses'],
    queryFn: ({ signal }) => call<{ losses: Loss[] }>('logs/losses', {}, signal).then((a) => a.data.losses),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });
}

export function usePatterns() {
  return useQuery<Patterns>({
    queryKey: ['log-patterns'],
    queryFn: ({ signal }) => call<Patterns>('logs/patterns', {}, signal).then((a) => a.data),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });
}

export function useStages() {
  return useQuery<Stages>({
    queryKey: ['log-stages'],
    queryFn: ({ signal }) => call<Stages>('logs/stages', {}, signal).then((a) => a.data),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
  });
}

export function useLogConfig() {
  return useQuery<string>({
    queryKey: ['log-config'],
    queryFn: ({ signal }) => call<{ yaml: string }>('logs/config', {}, signal).then((a) => a.data.yaml),
  });
}
