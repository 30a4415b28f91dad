import { describe, expect, it } from 'vitest';
import { type Entry, find, traceEntry } from './find';

const entry = (kind: Entry['kind'], name: string, detail = ''): Entry => ({ kind, name, detail, to: '/' });
const ENTRIES: Entry[] = [
  entry('Page', 'Targets', 'Data scraping up down'),
  entry('Page', 'Silences', 'Alerts mute'),
  entry('Metric', 'node_memory_free_bytes'),
  entry('Metric', 'memory_total'),
  entry('Rule', 'MemoryLow', 'node_memory_free_bytes < 1e9'),
  entry('Alert', 'TargetDown', 'job=node'),
  ...Array.from({ length: 30 }, (_, i) => entry('Target', `http://10.0.0.${i}:9100/metrics`, 'node')),
];
const names = (text: string) => find(ENTRIES, text).map((one) => one.name);

describe('find', () => {
  it('shows the pages without words', () => {
    expect(names(' ')).toEqual(['Targets', 'Silences']);
  });
  it('puts names that begin with the text first, then words within names, then details', () => {
    expect(names('memory')).toEqual(['MemoryLow', 'memory_total', 'node_memory_free_bytes']);
    expect(names('targets')).toEqual(['Targets']);
  });
  it('asks forevery word, in any place', () => {
    expect(names('free node')).toEqual(['node_memory_free_bytes', 'MemoryLow']);
    expect(names('down data')).toEqual(['Targets']);
    expect(names('nothing')).toEqual([]);
  });
  it('bounds entries of one kind', () => {
    expect(find(ENTRIES, 'metrics').length).toBe(12);
  });
  it('takes characters of expressions literally', () => {
    expect(names('(')).toEqual([]);
  });

  it('finds a trace by its id', () => {
    expect(traceEntry(' 0AF7651916CD43DD8448EB211C80319C ')).toMatchObject({
      kind: 'Trace',
      params: { id: '0af7651916cd43dd8448eb211c80319c' },
    });
    expect(traceEntry('0af7651916cd43dd')).not.toBeNull();
    expect(traceEntry('deadbeef')).toBeNull();
  });
});
