import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import {
  chartsOf,
  filesystemQueries,
  filesystems,
  firstRange,
  HOSTS_QUERY,
  hasJustBegun,
  othersOf,
  rateWindow,
  selector,
} from './metrics';

const host = { job: 'no"de', instance: 'a:9100' };

describe('queries of the Host page', () => {
  it('are all valid PromQL', () => {
    const queries = [
      HOSTS_QUERY,
      ...chartsOf(host, '45s').flatMap((chart) => chart.lines.map((line) => line.expr)),
      ...Object.values(filesystemQueries(host)),
    ];
    for (const query of queries) {
      let errors = 0;
      parser.parse(query).iterate({
        enter: (node) => {
          if (node.type.isError) errors++;
        },
      });
      expect(errors, query).toBe(0);
    }
  });

  it('rate over three scrapes, or a step when that is longer', () => {
    expect(rateWindow('5s', 1000)).toBe('15s');
    expect(rateWindow('15s', 9000)).toBe('45s');
    expect(rateWindow(undefined, 1000)).toBe('45s');
    expect(rateWindow('15s', 432_000)).toBe('7m12s');
  });
});

describe('hosts of one job and instance', () => {
  const uname = (more: Record<string, string>) => ({
    job: 'node',
    nodename: 'a',
    instance: 'a:9100',
    ...more,
  });

  it('are told apart by what else differs, and nothing but that', () => {
    const others = othersOf([
      uname({ cluster: 'east', env: 'prod', release: '6.1' }),
      uname({ cluster: 'west', env: 'prod', release: '6.2' }),
      uname({ env: 'prod' }),
      uname({ instance: 'b:9100', cluster: 'east' }),
    ]);
    expect(others).toEqual([{ cluster: 'east' }, { cluster: 'west' }, { cluster: '' }, {}]);
    expect(selector({ job: 'node', instance: 'a:9100', others: others[2] })).toBe(
      'job="node",instance="a:9100",cluster=""',
    );
    expect(selector({ job: 'node', instance: 'b:9100', others: others[3] })).toBe(
      'job="node",instance="b:9100"',
    );
  });
});

describe('the first look', () => {
  it('is as long as there is data', () => {
    expect(firstRange(4, '15s')).toBe(300_000);
    expect(firstRange(40, '15s')).toBe(900_000);
    expect(firstRange(120, '15s')).toBe(1_800_000);
    expect(firstRange(null, undefined)).toBe(1_800_000);
  });

  it('wait for what is not there yet while there are too few samples for a rate', () => {
    expect(hasJustBegun(1)).toBe(true);
    expect(hasJustBegun(3)).toBe(false);
    expect(hasJustBegun(null)).toBe(false);
  });
});

describe('filesystems', () => {
  const sample = (mountpoint: string, value: string, device = '/dev/sda1') => ({
    metric: { mountpoint, device, fstype: 'ext4' },
    value: [0, value] as [number, string],
  });

  it('name a device once, fullest first, without those that tell no free space', () => {
    const list = filesystems(
      [
        sample('/var/lib/x', '100'),
        sample('/', '100'),
        sample('/data', '200', '/dev/sdb'),
        sample('/odd', '5', '/dev/sdc'),
      ],
      [sample('/var/lib/x', '40'), sample('/', '40'), sample('/data', '20', '/dev/sdb')],
      [sample('/', '10')],
      [sample('/', '4')],
    );
    expect(list.map((fs) => fs.mountpoint)).toEqual(['/data', '/']);
    expect(list[1]?.inodes).toBeCloseTo(0.6);
    expect(list[0]?.inodes).toBeNull();
  });
});
