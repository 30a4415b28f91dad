import { describe, expect, it } from 'vitest';
import type { Vector } from '../services/model';
import { type CloudAnswers, cloudProblems, cloudRows, errorMessages, ofInstance, QUERIES } from './cloud';

const vector = (...items: [Record<string, string>, number][]): Vector =>
  items.map(([metric, value]) => ({ metric, value: [0, String(value)] }));

const ORDERS = { rds_instance_id: 'eu-west-1/orders' };

const none = Object.fromEntries([...Object.keys(QUERIES), 'errors'].map((name) => [name, []]));

const answers = (some: Partial<CloudAnswers>): CloudAnswers => ({ ...none, ...some }) as CloudAnswers;

describe('databases of clouds', () => {
  it('join figures by the label of their service', () => {
    const rows = cloudRows(
      answers({
        info: vector(
          [
            {
              ...ORDERS,
              engine: 'postgres',
              engine_version: '16.4',
              instance_type: 'db.r6g.large',
              availability_zone: 'eu-west-1a',
              region: 'eu-west-1',
              endpoint: 'orders.rds.amazonaws.com',
              ipv4: '10.0.0.1',
              port: '5432',
            },
            1,
          ],
          [
            {
              cloudsql_instance_id: 'shop/reports',
              engine: 'mysql',
              tier: 'db-f1-micro',
              instance_type: 'CLOUD_SQL_INSTANCE',
              zone: 'us-central1-a',
            },
            1,
          ],
        ),
        status: vector(
          [{ ...ORDERS, status: 'available' }, 1],
          [{ cloudsql_instance_id: 'shop/reports', status: 'SUSPENDED' }, 1],
        ),
        cpu: vector([ORDERS, 12.5]),
        memoryUsed: vector([ORDERS, 6]),
        memoryTotal: vector([ORDERS, 16]),
        allocated: vector([ORDERS, 200]),
        read: vector([{ __name__: 'pg_up', address: '10.0.0.1:5432' }, 1]),
      }),
    );
    expect(rows.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'shop/reports SUSPENDED',
      'eu-west-1/orders available',
    ]);
    expect(rows[1]).toMatchObject({
      service: 'AWS RDS',
      engine: 'postgres 16.4',
      size: 'db.r6g.large',
      place: 'eu-west-1a',
      address: '10.0.0.1:5432',
      cpu: 12.5,
      memoryUsed: 6,
      memoryTotal: 16,
      diskUsed: null,
      diskTotal: 200,
      read: true,
    });
    expect(rows[0]).toMatchObject({ size: 'db-f1-micro', place: 'us-central1-a', cpu: null, read: false });
  });

  it('have queries of one instance', () => {
    const [row] = cloudRows(answers({ info: vector([{ ...ORDERS, engine: 'postgres' }, 1]) }));
    expect(row && ofInstance(QUERIES.allocated, row)).toBe(
      '(aws_rds_allocated_storage_gibibytes * 2 ^ 30) and on (rds_instance_id) aws_rds_info{rds_instance_id="eu-west-1/orders"}',
    );
    expect(errorMessages('5m')).toContain('_log_messages_total", level=~"error|critical"}[5m]');
  });

  it('name parts that could not be read', () => {
    expect(
      cloudProblems(
        vector([{ __name__: 'aws_discovery_error', region: 'eu-west-1', error: 'access denied' }, 1]),
      ),
    ).toEqual([{ cloud: 'AWS', place: 'eu-west-1', error: 'access denied' }]);
  });
});
