import { describe, expect, it } from 'vitest';
import { markersOf } from './markers';
import { readHealth, readObjectives, readProblems, readSources, readWorld } from './read';
import { relationGroups } from './relations-model';
import type { EntityHealth, Objective, Problem, Source } from './types';

describe('answers', () => {
  it('may lack empty lists', () => {
    const entity = { id: 'service:a', kind: 'service', name: 'a' };
    const { problems, unknown } = readProblems({ problems: [{ id: 'p', entity } as Problem] });
    expect(problems[0]).toMatchObject({ affected: [], symptoms: [], requests: null, value: null, unit: '' });
    expect(unknown).toEqual([]);
    expect(
      readHealth({ entities: [{ id: 'a', status: 'ok' } as EntityHealth] }).get('a')?.categories,
    ).toEqual({});
    expect(readObjectives({ objectives: [{ name: 'o' } as Objective] })[0]).toMatchObject({
      burn: [],
      ratio: null,
      entity: null,
    });
    expect(readSources({ sources: [{ name: 's' } as Source] })[0]?.missing).toEqual([]);
    expect(readWorld({ entities: null })).toEqual({ start: '', entities: [], relations: [], problems: [] });
  });
});

describe('markers', () => {
  it('have changes with a time, problems and alerts, the newest first', () => {
    const change = (time: number | null) =>
      ({ kind: 'deployment', title: 'a deployed', detail: 'version 2', time }) as never;
    const problem = { since: 30, title: 'Slow', entity: { name: 'a' } } as Problem;
    const alert = { name: 'Down', ids: new Set(), alert: { activeAt: '1970-01-01T00:00:20Z' } } as never;
    expect(markersOf([change(10_000), change(null)], [problem], [alert])).toEqual([
      { time: 30, kind: 'alert', text: 'a: Slow' },
      { time: 20, kind: 'alert', text: 'Alert Down' },
      { time: 10, kind: 'deployment', text: 'a deployed, version 2' },
    ]);
  });
});

describe('relations', () => {
  it('are grouped by kind and direction; ends that are not in the world keep their id as name', () => {
    const groups = relationGroups(
      'a:1',
      [{ kind: 'runs_on', from: 'a:1', to: 'node:n' }],
      [
        { kind: 'calls', from: 'service:x', to: 'a:1' },
        { kind: 'part_of', from: 'container:c', to: 'a:1' },
      ],
      undefined,
    );
    expect(groups.map(({ title, entities }) => [title, entities.map(({ name }) => name)])).toEqual([
      ['Called by', ['x']],
      ['Parts', ['c']],
      ['Runs on', ['n']],
    ]);
  });
});
