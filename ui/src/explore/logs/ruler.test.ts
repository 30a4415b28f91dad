import { expect, test } from 'vitest';
import type { RuleGroup } from '../../api/types';
import { namespaceOf } from './ruler';

const group = (over: Partial<RuleGroup>): RuleGroup => ({
  name: 'Failures',
  file: 'ruler/fake/explore',
  interval: 60,
  type: 'logs',
  tenant: 'fake',
  rules: [],
  ...over,
});

test('a group of the ruler API has its namespace', () => {
  expect(namespaceOf(group({}))).toBe('explore');
  expect(namespaceOf(group({ file: 'ruler/a/b/c', tenant: 'a' }))).toBe('b/c');
});

test('a group of a rule file has none', () => {
  expect(namespaceOf(group({ file: '/etc/rules/ruler/fake/explore' }))).toBeNull();
  expect(namespaceOf(group({ file: 'ruler/fake/explore', type: undefined, tenant: undefined }))).toBeNull();
  expect(namespaceOf(group({ file: 'ruler/other/explore' }))).toBeNull();
});
