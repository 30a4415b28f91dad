/** What the pages make of what the API says. */
import type { LabelSet } from '../api/types';
import { type Change, changes } from '../targets/relabel';
import type { FileInfo, LogJob, LogTarget, Loss, Pattern, Snapshot, Step, Trace } from './api';

/** Which share of a file was read and delivered; an empty file is done. */
export function progress(file: FileInfo): { read: number; delivered: number } {
  if (file.size <= 0) return { read: 1, delivered: 1 };
  const share = (n: number) => Math.min(1, Math.max(0, n / file.size));
  return { read: share(file.read), delivered: share(file.delivered) };
}

export interface Found {
  discovered: LabelSet;
  target: LogTarget | null;
  why: string;
}

const has = (labels: LabelSet, words: string) =>
  Object.entries(labels).some(([name, value]) => `${name}=${value}`.toLowerCase().includes(words));

/** What is read of a job, then what is not, as far as the words are in its labels. */
export function found(job: LogJob, text: string): Found[] {
  const words = text.toLowerCase();
  return [
    ...job.targets.map((target) => ({ discovered: target.discovered, target, why: '' })),
    ...job.dropped.map((one) => ({ discovered: one.discovered, target: null, why: one.why })),
  ].filter((one) => words === '' || has(one.discovered, words) || one.why.toLowerCase().includes(words));
}

const count = (n: number) => n.toLocaleString('en');

/** What became of what was discovered for a job, in a line. */
export function summary(job: LogJob): string {
  const discovered = job.active + job.droppedCount;
  if (discovered === 0) return job.sources.length > 0 ? 'reads no files' : 'nothing discovered yet';
  const empty = job.targets.filter((target) => target.files === 0).length;
  const parts = [`${count(discovered)} discovered`];
  if (empty > 0 && empty === job.active) parts.push('no file matches');
  else if (job.active > 0) parts.push(`${count(job.active)} read`);
  if (empty > 0 && empty < job.active) parts.push(`${count(empty)} of them match no file`);
  if (job.droppedCount > 0) parts.push(`${count(job.droppedCount)} not`);
  return parts.join(', ');
}

/** Most first; bytes behind the entries that they belong to. */
export function losses(all: Loss[]): { lost: Loss[]; cut: Loss[]; meant: Loss[] } {
  const sorted = [...all].sort(
    (a, b) => Number(a.unit === 'bytes') - Number(b.unit === 'bytes') || b.count - a.count,
  );
  return {
    lost: sorted.filter((one) => !one.meant && one.where !== 'cut'),
    cut: sorted.filter((one) => one.where === 'cut'),
    meant: sorted.filter((one) => one.meant),
  };
}

/** The worst first. */
export const SEVERITIES = ['critical', 'error', 'warning', 'info', 'debug', 'unknown'];

export function severityTotals(
  all: { job: string; severity: string; count: number }[],
  job: string,
): { severity: string; count: number }[] {
  return SEVERITIES.map((severity) => ({
    severity,
    count: all
      .filter((one) => one.severity === severity && (job === '' || one.job === job))
      .reduce((sum, one) => sum + one.count, 0),
  })).filter((one) => one.count > 0);
}

export function shownPatterns(
  all: Pattern[],
  filter: { job: string; severity: string; text: string },
): Pattern[] {
  const words = filter.text.toLowerCase();
  return all
    .filter(
      (one) =>
        (filter.job === '' || one.job === filter.job) &&
        (filter.severity === '' || one.severity === filter.severity) &&
        `${one.pattern} ${one.hash}`.toLowerCase().includes(words),
    )
    .sort((a, b) => b.count - a.count || a.hash.localeCompare(b.hash));
}

export interface StepChanges {
  labels: Change[];
  metadata: Change[];
  extracted: Change[];
  line: [string, string] | null;
  timestamp: [string, string] | null;
}

/** What a stage changed about an entry. */
export function stepChanges(before: Snapshot, after: Snapshot): StepChanges {
  return {
    labels: changes(before.labels, after.labels),
    metadata: changes(before.metadata, after.metadata),
    extracted: changes(before.extracted, after.extracted),
    line: before.line === after.line ? null : [before.line, after.line],
    timestamp: before.timestamp === after.timestamp ? null : [before.timestamp, after.timestamp],
  };
}

export const changesNothing = (c: StepChanges): boolean =>
  c.labels.length + c.metadata.length + c.extracted.length === 0 && !c.line && !c.timestamp;

/** What a stage did, in words. */
export function verdict(step: Step): 'changed' | 'same' | 'dropped or held back' | 'gave out' | 'several' {
  if (!step.before) return 'gave out';
  if (step.after.length === 0) return 'dropped or held back';
  const [first] = step.after;
  if (step.after.length > 1 || !first) return 'several';
  return changesNothing(stepChanges(step.before, first)) ? 'same' : 'changed';
}

/** What came out behind the last stage. */
export function outcome(trace: Trace): Snapshot[] {
  const last = trace.steps.at(-1);
  if (last) return last.after;
  return trace.entry ? [trace.entry] : [];
}
