import { describe, expect, it } from 'vitest';
import { mergeOf, quoteExpression } from './rules';

describe('rules', () => {
  it('quote names for expressions', () => {
    expect(quoteExpression(' cart-v1.2 (blue) ')).toBe('cart-v1\\.2 \\(blue\\)');
    for (const name of ['a.b', 'x|y', 'p[0]', 'c++', '$a^'])
      expect(new RegExp(`^(?:${quoteExpression(name)})$`).test(name)).toBe(true);
  });

  it('merge two names', () => {
    expect(mergeOf('a.b', 'c')).toBe('a\\.b|c');
    expect(mergeOf('a', 'a ')).toBe('a');
  });
});
