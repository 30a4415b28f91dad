import { describe, expect, it } from 'vitest';
import {
  detailText,
  encodedValue,
  escapedName,
  groupMatches,
  groupPath,
  readGroup,
  valueText,
} from './groups';

const raw = {
  labels: { job: 'backup', instance: 'db 1' },
  last_push_successful: true,
  done_total: {
    time_stamp: '2026-11-20T10:00:00Z',
    type: 'COUNTER',
    help: 'How often.',
    metrics: [{ labels: { job: 'backup' }, value: '5' }],
  },
  push_time_seconds: { time_stamp: '', type: 'GAUGE', metrics: [{ labels: {}, value: '1.7e+09' }] },
  push_failure_time_seconds: { time_stamp: '', type: 'GAUGE', metrics: [{ labels: {}, value: '0' }] },
};

describe('a pushed group', () => {
  it('is read, its own times apart', () => {
    const group = readGroup(raw);
    expect(group.families.map((family) => family.name)).toEqual(['done_total']);
    expect(group).toMatchObject({ pushed: 1.7e12, failed: 0, successful: true });
    expect(groupMatches(group, 'backup DONE')).toBe(true);
    expect(groupMatches(group, 'instance=db')).toBe(true);
    expect(groupMatches(group, 'other')).toBe(false);
  });

  it('has values in words', () => {
    expect(valueText({ labels: {}, value: '5' })).toBe('5');
    expect(valueText({ labels: {}, count: '3', sum: '1' })).toBe('count 3, sum 1');
    expect(detailText({ labels: {}, quantiles: { '0.5': '2' } })).toBe('0.5: 2');
    expect(detailText({ labels: {}, buckets: { '+Inf': '3', '10': '2', '5': '1' } })).toBe(
      '≤5: 1, ≤10: 2, ≤+Inf: 3',
    );
  });

  it('is deleted at a path that any labels fit into', () => {
    expect(groupPath({ job: 'backup' })).toBe('metrics/job@base64/YmFja3Vw');
    expect(groupPath({ job: 'a/b', x: '', y: 'ü?>' })).toBe(
      'metrics/job@base64/YS9i/x@base64/=/y@base64/w7w_Pg',
    );
    expect(escapedName('a.b_c')).toBe('U__a_2e_b__c');
    expect(escapedName('1a')).toBe('U___31_a');
    expect(encodedValue('')).toBe('=');
  });
});
