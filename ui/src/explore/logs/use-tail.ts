import { useCallback, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { ApiError } from '../../api/client';
import { loki, tailUrl } from './api';
import type { Entry } from './entries';
import { TailBuffer, type TailFrame } from './tail';

export type TailStatus = 'connecting' | 'live' | 'waiting';

export interface Tail {
  entries: Entry[];
  status: TailStatus;
  error: unknown;
  paused: boolean;
  pause: (paused: boolean) => void;
  clear: () => void;
  waiting: number;
  skipped: number;
  /** Lines received per second, over the last seconds. */
  rate: number;
}

const FIRST_LINES = 100;
/** The first connection begins this far back, so that a quiet stream shows something. */
const LOOK_BACK = 60_000;
const RETRY_MS = [1000, 2000, 5000, 10_000];
const RATE_EVERY = 2000;
const NO_TAIL =
  'The WebSocket at /loki/api/v1/tail could not be opened. The server has no live tail, or a proxy in front of it blocks WebSockets.';
/** How many times as long as drawing took nothing is drawn. */
const REST = 4;

/** Follows a query by WebSocket. Lines reach the page once per animation frame, however many arrive. */
export function useTail(query: string, attempt: number): Tail {
  const buffer = useRef(new TailBuffer());
  const paused = useRef(false);
  const [view, setView] = useState({ entries: [] as Entry[], waiting: 0, skipped: 0, paused: false });
  const [status, setStatus] = useState<TailStatus>('connecting');
  const [error, setError] = useState<unknown>(null);
  const [rate, setRate] = useState(0);

  const show = useCallback(() => {
    const { entries, waiting, skipped } = buffer.current;
    setView({ entries, waiting, skipped, paused: paused.current });
  }, []);

  useEffect(() => {
    let frame = 0;
    let seen = '';
    let next = 0;
    const tick = (time: number) => {
      frame = requestAnimationFrame(tick);
      if (time < next) return;
      const b = buffer.current;
      if (!paused.current) b.flush();
      const now = `${b.received} ${b.waiting} ${b.skipped}`;
      if (now === seen) return;
      seen = now;
      const start = performance.now();
      flushSync(show);
      // At most a quarter of the time goes into drawing: the page answers clicks on a slow machine too.
      next = time + REST * (performance.now() - start);
    };
    frame = requestAnimationFrame(tick);
    let before = buffer.current.received;
    const timer = setInterval(() => {
      setRate(((buffer.current.received - before) * 1000) / RATE_EVERY);
      before = buffer.current.received;
    }, RATE_EVERY);
    return () => {
      cancelAnimationFrame(frame);
      clearInterval(timer);
    };
  }, [show]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt connects anew.
  useEffect(() => {
    let socket: WebSocket | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let over = false;
    let start = Date.now() - LOOK_BACK;
    buffer.current.clear();
    setError(null);
    const connect = () => {
      setStatus('connecting');
      socket = new WebSocket(tailUrl(query, start, FIRST_LINES));
      let opened = false;
      socket.onopen = () => {
        opened = true;
        failures = 0;
        setStatus('live');
        setError(null);
      };
      socket.onmessage = (event) => {
        try {
          buffer.current.push(JSON.parse(String(event.data)) as TailFrame);
        } catch (e) {
          setError(e);
        }
      };
      socket.onclose = () => {
        if (over) return;
        start = Date.now();
        setStatus('waiting');
        // A refused WebSocket does not say why; the same query by HTTP does.
        if (!opened && failures === 0) {
          const now = Date.now();
          loki('query_range', { query, limit: 1, start: `${now - 1000}000000`, end: `${now}000000` })
            .then(() => {
              throw new ApiError('unavailable', NO_TAIL, 404);
            })
            .catch((e) => {
              if (!over) setError(e);
            });
        }
        timer = setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
      };
    };
    connect();
    return () => {
      over = true;
      clearTimeout(timer);
      socket?.close();
    };
  }, [query, attempt]);

  return {
    ...view,
    status,
    error,
    rate,
    pause: (next) => {
      paused.current = next;
      show();
    },
    clear: () => {
      buffer.current.clear();
      show();
    },
  };
}
