/** Matchers as people write them: name="value", !=, =~, !~, several between braces. */
import type { LabelSet } from '../api/types';

export interface Matcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export const OPERATORS = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof OPERATORS)[number];

export const operatorOf = (matcher: Matcher): Operator =>
  matcher.isRegex ? (matcher.isEqual ? '=~' : '!~') : matcher.isEqual ? '=' : '!=';

export const matcherOf = (name: string, operator: Operator, value: string): Matcher => ({
  name,
  value,
  isRegex: operator.includes('~'),
  isEqual: !operator.startsWith('!'),
});

const quote = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** Names that the syntax reads without quotes. */
const PLAIN = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export const writeMatcher = (matcher: Matcher): string =>
  `${PLAIN.test(matcher.name) ? matcher.name : quote(matcher.name)}${operatorOf(matcher)}${quote(matcher.value)}`;

export const writeMatchers = (matchers: Matcher[]): string =>
  matchers.length === 0 ? '' : `{${matchers.map(writeMatcher).join(',')}}`;

/** An alert's own labels, each with its value. */
export const matchersOf = (labels: LabelSet): Matcher[] =>
  Object.entries(labels)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, value]) => matcherOf(name, '=', value));

const QUOTED = /^"((?:[^"\\]|\\.)*)"/s;
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r' };
const unquote = (text: string) => text.replace(/\\(.)/gs, (_, c: string) => ESCAPES[c] ?? c);

/** Text that starts a matcher of its own. */
const NEXT = /^[^\s=!~,"{}]+\s*(?:=~|!~|!=|=)/;

/**
 * Reads one matcher or many; throws with what is wrong. As in Alertmanager a value without quotes ends at white
 * space, and matchers are separated by commas.
 *
 * @param spaces whether white space separates too, as between arguments of `amtool`
 */
export function readMatchers(text: string, spaces = false): Matcher[] {
  let rest = text.trim();
  if (rest.startsWith('{')) {
    if (!rest.endsWith('}')) throw new Error('The closing brace is missing');
    rest = rest.slice(1, -1).trim();
  }
  const out: Matcher[] = [];
  while (rest !== '') {
    const quotedName = QUOTED.exec(rest);
    const name = quotedName ? unquote(quotedName[1] as string) : /^[^\s=!~,"{}]+/.exec(rest)?.[0];
    if (!name) throw new Error(`A label name is missing before ${rest.slice(0, 20)}`);
    rest = rest.slice(quotedName ? quotedName[0].length : name.length).trimStart();
    const operator = /^(=~|!~|!=|=)/.exec(rest)?.[0] as Operator | undefined;
    if (!operator) throw new Error(`After ${name} one of = != =~ !~ is missing`);
    rest = rest.slice(operator.length).trimStart();
    const quoted = QUOTED.exec(rest);
    if (!quoted && rest.startsWith('"')) throw new Error(`The value of ${name} has no closing quote`);
    const bare = quoted ? '' : (/^[^\s,]*/.exec(rest)?.[0] ?? '');
    out.push(matcherOf(name, operator, quoted ? unquote(quoted[1] as string) : bare));
    rest = rest.slice(quoted ? quoted[0].length : bare.length).trimStart();
    if (rest === '') break;
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart();
    else if (!NEXT.test(rest))
      throw new Error(
        `The value of ${name} has a space before ${rest.slice(0, 20)}. Put it in quotes: ${name}="${bare} ${rest.slice(0, 20)}"`,
      );
    else if (!spaces)
      throw new Error(
        `A comma is missing before ${rest.slice(0, 20)}. Write ${name}="${bare}", ${rest.slice(0, 20)}`,
      );
  }
  return out;
}

/** The same for text of an address, which may hold anything. */
export function readableMatchers(text: string): Matcher[] {
  try {
    return readMatchers(text);
  } catch {
    return [];
  }
}
