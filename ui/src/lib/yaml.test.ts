import { describe, expect, it } from 'vitest';
import { highlightLine } from './yaml';

const kinds = (line: string) => highlightLine(line).map((t) => `${t.kind}:${t.text.trim()}`);

describe('YAML colours', () => {
  it('lose no character', () => {
    for (const line of [
      '',
      '  - a: b # c',
      'x: "a: # b"',
      '- |',
      "k: 'it''s'",
      'url: http://a:9090/x',
      '    # note',
      '  - -',
      '"q": <secret>',
    ]) {
      expect(
        highlightLine(line)
          .map((t) => t.text)
          .join(''),
      ).toBe(line);
    }
  });

  it('tell keys, durations, literals, secrets and addresses apart', () => {
    expect(kinds('  scrape_interval: 15s')).toEqual([
      'punctuation:',
      'key:scrape_interval',
      'punctuation::',
      'plain:',
      'number:15s',
    ]);
    expect(kinds('- honor_labels: true')).toContain('literal:true');
    expect(kinds('password: <secret>')).toContain('secret:<secret>');
    expect(kinds('- http://a:9090/x')).toEqual(['punctuation:-', 'plain:', 'string:http://a:9090/x']);
  });
});
