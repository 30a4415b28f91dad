/**
 * Markdown of text panels as elements of React. HTML in it is shown as text and links lead to http, https, mailto and
 * addresses of this server only, so that a dashboard cannot run code.
 */
import { Fragment, type ReactNode } from 'react';
import { apiUrl } from '../app/base';
import { safeUrl } from './safe-url';

const MAX_LENGTH = 100_000;
const INLINE =
  /(`+)(.+?)\1|!\[([^\]]*)\]\(([^)\s]+)[^)]*\)|\[([^\]]+)\]\(([^)\s]+)[^)]*\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*)\*|(?<!\w)_([^_\s][^_]*)_(?!\w)|~~(.+?)~~|<?(https?:\/\/[^\s<>)]+)>?/;

/** Links of Grafana to a dashboard (`/d/UID/name`) lead to the one of this server. */
const localUrl = (url: string | null): string | null => {
  const m = /^\/?d\/([\w-]{1,40})(?:\/[^?#]*)?(\?[^#]*)?(?:#.*)?$/.exec(url ?? '');
  return m ? apiUrl(`dashboards/${m[1]}${m[2] ?? ''}`) : url;
};

export function SafeLink({ url, children }: { url: string; children: ReactNode }) {
  const href = localUrl(safeUrl(url));
  if (href === null) return <>{children}</>;
  const away = /^(https?:)?\/\//i.test(href);
  return (
    <a href={href} {...(away ? { target: '_blank', rel: 'noreferrer noopener' } : {})}>
      {children}
    </a>
  );
}

function inline(text: string, depth = 0): ReactNode {
  const m = depth > 5 ? null : INLINE.exec(text);
  if (!m) return text;
  const [, , code, alt, image, label, url, bold, bold2, italic, italic2, struck, plain] = m;
  const inner = (t: string) => inline(t, depth + 1);
  const node =
    code !== undefined ? (
      <code>{code.trim()}</code>
    ) : image !== undefined ? (
      // Images would be requests to other hosts.
      <SafeLink url={image}>{alt || image}</SafeLink>
    ) : label !== undefined && url !== undefined ? (
      <SafeLink url={url}>{inner(label)}</SafeLink>
    ) : (bold ?? bold2) !== undefined ? (
      <strong>{inner((bold ?? bold2) as string)}</strong>
    ) : (italic ?? italic2) !== undefined ? (
      <em>{inner((italic ?? italic2) as string)}</em>
    ) : struck !== undefined ? (
      <s>{inner(struck)}</s>
    ) : (
      <SafeLink url={plain as string}>{plain}</SafeLink>
    );
  return (
    <>
      {text.slice(0, m.index)}
      {node}
      <Rest text={text.slice(m.index + m[0].length)} />
    </>
  );
}

/** A component, so that long texts do not nest calls. */
function Rest({ text }: { text: string }) {
  return <>{inline(text)}</>;
}

const cells = (line: string): string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((c) => c.trim());

export function Markdown({ text }: { text: string }) {
  const lines = text.slice(0, MAX_LENGTH).replace(/\r\n?/g, '\n').split('\n');
  const out: ReactNode[] = [];
  let i = 0;
  let level = 2;
  const starts = (line: string) =>
    /^\s*(#{1,6}\s|```|>|[-*+]\s|\d+[.)]\s|\|)/.test(line) || /^\s*([-*_])(\s*\1){2,}\s*$/.test(line);
  while (i < lines.length) {
    const line = lines[i] as string;
    const heading = /^\s*(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const fence = /^\s*```/.test(line);
    if (line.trim() === '') {
      i++;
    } else if (fence) {
      const body: string[] = [];
      while (++i < lines.length && !/^\s*```/.test(lines[i] as string)) body.push(lines[i] as string);
      i++;
      out.push(<pre>{body.join('\n')}</pre>);
    } else if (heading) {
      // The page has the first two levels, and no level may be left out.
      level = Math.min(2 + (heading[1] as string).length, level + 1, 6);
      const Tag = `h${level}` as 'h3';
      out.push(<Tag>{inline(heading[2] as string)}</Tag>);
      i++;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      out.push(<hr />);
      i++;
    } else if (/^\s*>/.test(line)) {
      const body: string[] = [];
      while (i < lines.length && /^\s*>/.test(lines[i] as string))
        body.push((lines[i++] as string).replace(/^\s*>\s?/, ''));
      out.push(<blockquote>{inline(body.join(' '))}</blockquote>);
    } else if (/^\s*([-*+]|\d+[.)])\s/.test(line)) {
      const ordered = /^\s*\d/.test(line);
      const items: string[] = [];
      while (i < lines.length) {
        const one = /^\s*([-*+]|\d+[.)])\s+(.*)$/.exec(lines[i] as string);
        if (one) items.push(one[2] as string);
        else if (/^\s+\S/.test(lines[i] as string) && items.length > 0)
          items[items.length - 1] += ` ${(lines[i] as string).trim()}`;
        else break;
        i++;
      }
      // biome-ignore lint/suspicious/noArrayIndexKey: items of a text do not move.
      const children = items.map((item, k) => <li key={k}>{inline(item)}</li>);
      out.push(ordered ? <ol>{children}</ol> : <ul>{children}</ul>);
    } else if (/^\s*\|/.test(line) && /^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(lines[i + 1] ?? '')) {
      const head = cells(line);
      i += 2;
      const body: string[][] = [];
      while (i < lines.length && /^\s*\|/.test(lines[i] as string)) body.push(cells(lines[i++] as string));
      out.push(
        <table className="table">
          <thead>
            <tr>
              {head.map((c, k) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns of a text do not move.
                <th key={k}>{inline(c)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((row, r) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a text do not move.
              <tr key={r}>
                {head.map((_, k) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns of a text do not move.
                  <td key={k}>{inline(row[k] ?? '')}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>,
      );
    } else {
      const body = [line.trim()];
      while (++i < lines.length && (lines[i] as string).trim() !== '' && !starts(lines[i] as string))
        body.push((lines[i] as string).trim());
      out.push(<p>{inline(body.join(' '))}</p>);
    }
  }
  return (
    <div className="markdown">
      {out.map((node, k) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks of a text do not move.
        <Fragment key={k}>{node}</Fragment>
      ))}
    </div>
  );
}

/** Text of HTML without its elements, scripts and styles. */
export function textOfHtml(html: string): string {
  const doc = new DOMParser().parseFromString(html.slice(0, MAX_LENGTH), 'text/html');
  for (const node of doc.querySelectorAll('script, style')) node.remove();
  return doc.body.textContent ?? '';
}
