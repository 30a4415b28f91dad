import { useEffect, useMemo, useRef } from 'react';
import { highlightLine } from '../lib/yaml';

/** YAML with numbered, coloured lines; one of them, from 1, may be marked and brought into sight. */
export function Yaml({ text, line = 0 }: { text: string; line?: number }) {
  const marked = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (line > 0) marked.current?.scrollIntoView({ block: 'center' });
  }, [line]);
  const lines = useMemo(() => text.replace(/\n$/, '').split('\n').map(highlightLine), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <pre className="yaml" tabIndex={0}>
      {lines.map((tokens, i) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity.
          key={i}
          ref={i + 1 === line ? marked : undefined}
          className={`yaml-line${i + 1 === line ? ' is-marked' : ''}`}
        >
          <span className="yaml-number">{i + 1}</span>
          <code>
            {tokens.map((token, j) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: nor have pieces of a line.
              <span key={j} className={`token-${token.kind}`}>
                {token.text}
              </span>
            ))}
          </code>
        </div>
      ))}
    </pre>
  );
}
