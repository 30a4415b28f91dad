/** Levels of entries: their spellings, order and colours. */
import type { LabelSet } from '../../api/types';

export const LEVELS = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;

export type Level = (typeof LEVELS)[number];

const SPELLINGS: Record<string, Level> = {
  emerg: 'critical',
  emergency: 'critical',
  alert: 'critical',
  crit: 'critical',
  critical: 'critical',
  fatal: 'critical',
  panic: 'critical',
  err: 'error',
  eror: 'error',
  error: 'error',
  severe: 'error',
  warn: 'warn',
  warning: 'warn',
  info: 'info',
  information: 'info',
  informational: 'info',
  inf: 'info',
  notice: 'info',
  debug: 'debug',
  dbug: 'debug',
  fine: 'debug',
  trace: 'trace',
  verbose: 'trace',
  finest: 'trace',
};

/** Priorities of syslog, as journald writes them. */
const PRIORITIES: Level[] = ['critical', 'critical', 'critical', 'error', 'warn', 'info', 'info', 'debug'];

const NAMES = ['detected_level', 'level', 'lvl', 'severity', 'severity_text', 'loglevel', 'log_level'];

export function readLevel(text: string | undefined): Level {
  if (!text) return 'unknown';
  if (/^[0-7]$/.test(text)) return PRIORITIES[Number(text)] as Level;
  return SPELLINGS[text.trim().toLowerCase()] ?? 'unknown';
}

const IN_LINE =
  /(?:\blevel|\blvl|\bseverity)["']?\s*[=:]\s*["']?([a-z]+)|(?:^|[\s[(<|])(EMERG|ALERT|CRIT(?:ICAL)?|FATAL|PANIC|ERR(?:OR)?|SEVERE|WARN(?:ING)?|INFO|NOTICE|DEBUG|TRACE)(?=$|[\s\])>|:])/i;
/** Levels stand near the start of a line; a long line is not searched through. */
const MAX_SEARCHED = 300;

export function levelOf(labels: LabelSet, metadata: LabelSet, parsed: LabelSet, line: string): Level {
  for (const name of NAMES) {
    const level = readLevel(metadata[name] ?? labels[name] ?? parsed[name]);
    if (level !== 'unknown') return level;
  }
  const found = IN_LINE.exec(line.slice(0, MAX_SEARCHED));
  return found ? readLevel(found[1] ?? found[2]) : 'unknown';
}

const LIGHT: Record<Level, string> = {
  critical: '#8e2a8a',
  error: '#bd2f25',
  warn: '#c98500',
  info: '#2f8f5b',
  debug: '#2a6fb4',
  trace: '#6f8a9c',
  unknown: '#9aabad',
};
const DARK: Record<Level, string> = {
  critical: '#d884d4',
  error: '#ff7b6b',
  warn: '#f2bf4b',
  info: '#5fd394',
  debug: '#6ea8ff',
  trace: '#8ea4b0',
  unknown: '#5c7074',
};

export const levelColor = (level: Level, theme: 'light' | 'dark'): string =>
  (theme === 'dark' ? DARK : LIGHT)[level];

export interface LevelCounts {
  level: Level;
  values: (number | null)[];
  total: number;
}

/** One row a level, least severe first; spellings of one level are added up. */
export function byLevel(
  series: { labels: Record<string, string>; values: (number | null)[] }[],
): LevelCounts[] {
  const rows = new Map<Level, LevelCounts>();
  for (const one of series) {
    const level = readLevel(one.labels.detected_level ?? one.labels.level);
    const row = rows.get(level) ?? { level, values: one.values.map(() => null), total: 0 };
    one.values.forEach((value, i) => {
      if (value === null) return;
      row.values[i] = (row.values[i] ?? 0) + value;
      row.total += value;
    });
    rows.set(level, row);
  }
  return [...rows.values()].sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
}
