import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client';
import { isMissing } from '../api/errors';
import { formatValue } from '../lib/units';

interface Share {
  name: string;
  usedBytes: number;
  guaranteedBytes: number;
  maxBytes: number;
  refusals: number;
}

interface MemoryData {
  totalBytes: number;
  usedBytes: number;
  heapBytes: number;
  shares: Share[];
}

const REFRESH_MS = 2000;

const bytes = (value: number) => formatValue(value, 'bytes', 3);

/** Shares of the memory budget: what each holds, has at any time, and may borrow. */
export function MemoryShares() {
  const memory = useQuery({
    queryKey: ['memory'],
    queryFn: ({ signal }) => call<MemoryData>('status/memory', {}, signal),
    refetchInterval: (query) => (query.state.error ? false : REFRESH_MS),
    staleTime: 0,
  });
  const data = memory.data?.data;
  if (!data) {
    return memory.error && !isMissing(memory.error) ? (
      <p className="muted">Memory shares could not be loaded: {String(memory.error)}</p>
    ) : null;
  }
  return (
    <>
      <div className="filters section-head">
        <h2>Memory</h2>
        <span className="muted">
          {bytes(data.usedBytes)} of {bytes(data.totalBytes)} used; the heap has {bytes(data.heapBytes)}
        </span>
      </div>
      <section className="card table-card">
        <div className="table-wrap">
          <table className="table">
            <thead>
              <tr>
                <th>Share</th>
                <th className="num">Used</th>
                <th className="num">Guaranteed</th>
                <th className="num">Maximum</th>
                <th className="num">Refused</th>
              </tr>
            </thead>
            <tbody>
              {data.shares.map((s) => (
                <tr key={s.name}>
                  <td>
                    {s.name}
                    <span className={`meter${s.usedBytes > s.guaranteedBytes ? ' is-warn' : ''}`}>
                      <i
                        style={{
                          width: `${s.maxBytes > 0 ? Math.min(100, (s.usedBytes / s.maxBytes) * 100) : 0}%`,
                        }}
                      />
                    </span>
                  </td>
                  <td className="num" data-name="Used">
                    {bytes(s.usedBytes)}
                  </td>
                  <td className="num" data-name="Guaranteed">
                    {bytes(s.guaranteedBytes)}
                  </td>
                  <td className="num" data-name="Maximum">
                    {bytes(s.maxBytes)}
                  </td>
                  <td className="num" data-name="Refused">
                    {formatValue(s.refusals, 'none', 3)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}
