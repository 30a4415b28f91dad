import { describe, expect, it } from 'vitest';
import type { Rule, RuleGroup } from '../api/types';
import { readRuleFilter, ruleMatches, writeRuleFilter } from './filter';

const rule: Rule = {
  type: 'alerting',
  name: 'DiskFull',
  query: 'free < 0.1',
  health: 'ok',
  labels: { severity: 'page' },
  alerts: [{ labels: { instance: 'db-7' }, annotations: {}, state: 'firing', activeAt: '', value: '1' }],
};
const group: RuleGroup = { name: 'disks', file: 'node.yml', interval: 60, rules: [rule] };

describe('alerts and rules', () => {
  it('are found by words of any of their texts', () => {
    expect(ruleMatches(rule, group, '')).toBe(true);
    expect(ruleMatches(rule, group, 'diskfull node.yml')).toBe(true);
    expect(ruleMatches(rule, group, 'severity=page instance=db-7')).toBe(true);
    expect(ruleMatches(rule, group, 'diskfull db-8')).toBe(false);
  });

  it('keep their filter in the address', () => {
    const filter = readRuleFilter({ search: 'a b', state: 'firing,nonsense,err', type: 'recording' });
    expect(filter).toEqual({ text: 'a b', chosen: new Set(['firing', 'err']), kind: 'recording' });
    expect(readRuleFilter(writeRuleFilter(filter))).toEqual(filter);
    expect(writeRuleFilter(readRuleFilter({}))).toEqual({ search: '', state: '', type: '' });
  });
});
