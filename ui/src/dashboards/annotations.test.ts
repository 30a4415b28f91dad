import { expect, it, vi } from 'vitest';

// The address of the application is that of its document.
vi.stubGlobal('document', { baseURI: 'http://localhost/' });
const { beginnings } = await import('./annotations');

it('marks where a series begins to be above zero', () => {
  const values: [number, string][] = [
    [0, '0'],
    [60, '1'],
    [120, '1'],
    [180, '0'],
    [240, '2'],
    [420, '1'],
  ];
  expect(beginnings({ metric: {}, values }, 60_000, false)).toEqual([60, 240, 420]);
  expect(
    beginnings(
      {
        metric: {},
        values: [
          [0, '5000'],
          [60, '5000'],
        ],
      },
      60_000,
      true,
    ),
  ).toEqual([5]);
});
