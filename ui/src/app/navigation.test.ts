import { describe, expect, it } from 'vitest';
import { groupsOf, placeOf } from './navigation';
import type { Offer } from './parts';

const offer = (role: string, ...parts: string[]): Offer => ({
  role,
  version: '',
  parts: Object.fromEntries(parts.map((part) => [part, ''])),
});
const names = (of: Offer) => groupsOf(of).map((group) => group.name);
const pages = (of: Offer, group: string) =>
  groupsOf(of)
    .find((one) => one.name === group)
    ?.pages.map((page) => page.name);
const views = (of: Offer, group: string) =>
  groupsOf(of)
    .find((one) => one.name === group)
    ?.pages.flatMap((page) => page.views.map((view) => view.name));

const SERVER = offer('server', 'prometheus', 'alertmanager', 'pushgateway', 'pipelines');

describe('groups of pages', () => {
  it('are ordered by question in a server', () => {
    expect(names(SERVER)).toEqual([
      'Overview',
      'Services',
      'Infrastructure',
      'Explore',
      'Dashboards',
      'Alerts',
      'Data',
      'System',
    ]);
    expect(pages(SERVER, 'Alerts')).toEqual(['Active', 'Rules', 'Silences', 'Routing']);
    expect(pages(SERVER, 'Data')).toEqual(['Sources', 'Flow']);
  });

  it('hold only what the process has', () => {
    expect(pages(offer('server', 'prometheus'), 'Alerts')).toEqual(['Active', 'Rules', 'Routing']);
    expect(names(offer('agent', 'prometheus', 'pipelines'))).toEqual(['Data', 'System']);
    expect(views(offer('agent', 'prometheus'), 'System')).toEqual(['System', 'Configuration', 'Flags']);
    expect(views(SERVER, 'System')).toContain('Storage');
    expect(names(offer('collector', 'pipelines'))).toEqual(['Data']);
    expect(pages(offer('collector', 'pipelines'), 'Data')).toEqual(['Flow', 'Volumes']);
    expect(pages(offer('control', 'fleet'), 'Data')).toEqual([
      'Volumes',
      'Fleet',
      'Configurations',
      'Controls',
    ]);
    expect(names(offer('pushgateway', 'pushgateway'))).toEqual(['Data']);
    expect(names(offer('alertmanager', 'alertmanager'))).toEqual(['Alerts', 'Silences', 'Routing']);
    expect(names(offer('logs', 'logs'))).toEqual([
      'Targets',
      'Dropped',
      'Patterns',
      'Inspect',
      'Configuration',
    ]);
  });

  it('give each shortcut to one page', () => {
    for (const of of [SERVER, offer('logs', 'logs'), offer('alertmanager', 'alertmanager')]) {
      const keys = groupsOf(of).flatMap((group) => [
        group.key,
        ...group.pages.flatMap((one) => one.key ?? []),
      ]);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
});

describe('placeOf', () => {
  const groups = groupsOf(SERVER);
  it('finds the most specific view', () => {
    expect(placeOf('/alertmanager/silences/7', groups)?.page.name).toBe('Silences');
    expect(placeOf('/status/storage', groups)?.view.name).toBe('Storage');
    expect(placeOf('/explore/logs', groups)?.group.name).toBe('Explore');
    expect(placeOf('/service-discovery', groups)?.page.name).toBe('Sources');
  });
  it('finds nothing for other paths', () => {
    expect(placeOf('/statusboard', groups)).toBeNull();
    expect(placeOf('/', groups)).toBeNull();
  });
});
