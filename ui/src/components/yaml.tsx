import { useMemo } from 'react';
import { highlightLine } from '../lib/yaml';

/** YAML with numbered, coloured lines. */
export function Yaml({ text }: { text: string }) {
  const lines = useMemo(() => text.replace(/\n$/, '').split('\n').map(highlightLine), [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <pre className="yaml" tabIndex={0}>
      {lines.map((tokens, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity.
        <div className="yaml-line" key={i}>
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
