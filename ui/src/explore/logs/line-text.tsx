import { memo, useState } from 'react';
import { Button } from '../../components/ui';
import { foldFrames, MAX_LIST_LINE, pieces, prettyJson } from './text';

/** Text with colours and matched terms. */
export const LineText = memo(function LineText({ text, terms }: { text: string; terms: RegExp[] }) {
  return pieces(text, terms).map((piece, i) =>
    piece.hit ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity but their place.
      <mark key={i} className={piece.style || undefined}>
        {piece.text}
      </mark>
    ) : piece.style ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above.
      <span key={i} className={piece.style}>
        {piece.text}
      </span>
    ) : (
      piece.text
    ),
  );
});

/** The line in a list: its first lines of text; the details have the rest. */
export function ListText({ line, terms, wrap }: { line: string; terms: RegExp[]; wrap: boolean }) {
  const end = line.indexOf('\n');
  const lines = end < 0 ? 1 : line.trimEnd().split('\n').length;
  const first = end < 0 || !wrap ? line : line.slice(0, end);
  const shown = (wrap ? first : first.replaceAll('\n', ' ')).slice(0, MAX_LIST_LINE);
  return (
    <span className="logs-text">
      <LineText text={shown} terms={terms} />
      {lines > 1 && <span className="badge logs-more">{`+${lines - 1} lines`}</span>}
      {first.length > MAX_LIST_LINE && <span className="badge logs-more">cut</span>}
    </span>
  );
}

function Folded({ lines, terms }: { lines: string[]; terms: RegExp[] }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="logs-frames">
      <Button look="ghost" icon={open ? 'minus' : 'plus'} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Fold frames' : `${lines.length} stack frames`}
      </Button>
      {open && (
        <pre>
          <LineText text={lines.join('\n')} terms={terms} />
        </pre>
      )}
    </div>
  );
}

/** The whole line: JSON indented, stack traces folded. */
export function WholeLine({ line, terms }: { line: string; terms: RegExp[] }) {
  const json = prettyJson(line);
  const [raw, setRaw] = useState(false);
  return (
    <div className="logs-whole">
      {json !== null && (
        <Button look="ghost" pressed={raw} onClick={() => setRaw(!raw)}>
          Raw line
        </Button>
      )}
      {json !== null && !raw ? (
        <pre>
          <LineText text={json} terms={terms} />
        </pre>
      ) : (
        foldFrames(line).map((block, i) =>
          block.frames ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: blocks have no identity but their place.
            <Folded key={i} lines={block.lines} terms={terms} />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: as above.
            <pre key={i}>
              <LineText text={block.lines.join('\n')} terms={terms} />
            </pre>
          ),
        )
      )}
    </div>
  );
}
