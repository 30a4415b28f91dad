// Databases of clouds within the browser: answers for the page Cloud.

const ORDERS = { rds_instance_id: 'eu-west-1/orders' };
const REPLICA = { rds_instance_id: 'eu-west-1/orders-replica' };
const SESSIONS = { ec_instance_id: 'eu-west-1/sessions-001/0001' };
const REPORTS = { cloudsql_instance_id: 'shop-12345/reports' };

const INFO = [
  [
    {
      ...ORDERS,
      engine: 'postgres',
      engine_version: '16.4',
      instance_type: 'db.r6g.large',
      availability_zone: 'eu-west-1a',
      endpoint: 'orders.c1a2b3.eu-west-1.rds.amazonaws.com',
      ipv4: '10.0.0.1',
      port: '5432',
    },
    1,
  ],
  [
    {
      ...REPLICA,
      engine: 'postgres',
      engine_version: '16.4',
      instance_type: 'db.r6g.large',
      availability_zone: 'eu-west-1b',
      endpoint: 'orders-replica.c1a2b3.eu-west-1.rds.amazonaws.com',
      port: '5432',
    },
    1,
  ],
  [
    {
      ...SESSIONS,
      engine: 'redis',
      engine_version: '7.1.0',
      instance_type: 'cache.t4g.small',
      availability_zone: 'eu-west-1a',
      ipv4: '10.0.0.7',
      port: '6379',
    },
    1,
  ],
  [
    {
      ...REPORTS,
      engine: 'mysql',
      engine_version: '8.0',
      tier: 'db-custom-2-8192',
      instance_type: 'CLOUD_SQL_INSTANCE',
      zone: 'us-central1-a',
      ipv4: '10.2.0.5',
      port: '3306',
    },
    1,
  ],
];

function rows(query) {
  if (query.includes('discovery_error'))
    return [[{ __name__: 'aws_discovery_error', region: 'eu-west-1', error: 'access denied' }, 1]];
  if (query.includes('_up"}')) return [[{ __name__: 'pg_up', address: '10.0.0.1:5432' }, 1]];
  if (query.includes('_log_messages_total')) return [[ORDERS, 12]];
  if (query.includes('allocated_storage'))
    return [
      [ORDERS, 200 * 2 ** 30],
      [REPLICA, 200 * 2 ** 30],
    ];
  if (query.includes('fs_used') || query.includes('disk_used'))
    return [
      [ORDERS, 120 * 2 ** 30],
      [REPORTS, 8 * 2 ** 30],
    ];
  if (query.includes('fs_total') || query.includes('disk_total'))
    return [
      [ORDERS, 200 * 2 ** 30],
      [REPORTS, 10 * 2 ** 30],
    ];
  if (query.includes('_memory_free') || query.includes('memory_used')) return [[ORDERS, 6 * 2 ** 30]];
  if (query.includes('memory_total')) return [[ORDERS, 16 * 2 ** 30]];
  if (query.includes('cpu_cores'))
    return [
      [ORDERS, 2],
      [REPORTS, 2],
    ];
  if (query.includes('cpu_usage_percent'))
    return [
      [ORDERS, 42],
      [REPORTS, 3.5],
    ];
  if (query.includes('_status"}'))
    return [
      [{ ...ORDERS, status: 'available' }, 1],
      [{ ...REPLICA, status: 'storage-full' }, 1],
      [{ ...SESSIONS, status: 'available' }, 1],
      [{ ...REPORTS, status: 'RUNNABLE' }, 1],
    ];
  return query.includes('_info"}') ? INFO : [];
}

const CLOUD = /aws_rds|discovery_error|\(pg\|mysql/;

export async function mockCloud(page, { empty = false } = {}) {
  await page.route(/\/api\/v1\/query(\?|$)/, async (route) => {
    const request = route.request();
    const params =
      request.method() === 'POST'
        ? new URLSearchParams(request.postData())
        : new URL(request.url()).searchParams;
    const query = params.get('query') ?? '';
    if (!CLOUD.test(query)) return route.fallback();
    const result = (empty ? [] : rows(query)).map(([metric, value]) => ({
      metric,
      value: [Number(params.get('time')), String(value)],
    }));
    return route.fulfill({ json: { status: 'success', data: { resultType: 'vector', result } } });
  });
}
