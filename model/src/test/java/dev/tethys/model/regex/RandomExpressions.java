package dev.tethys.model.regex;

import java.util.Random;

/** Random expressions, most of them valid, and texts that they may match. */
final class RandomExpressions {
  private static final String[] PARTS = {
    "a",
    "b",
    "ab",
    "B",
    "k",
    "é",
    "😀",
    "ſ",
    ".",
    ".*",
    ".+",
    "\\.",
    "|",
    "|",
    "(",
    "(?:",
    ")",
    ")",
    "?",
    "*",
    "+",
    "^",
    "$",
    "\\A",
    "\\z",
    "\\b",
    "\\B",
    "[ab]",
    "[a-c]",
    "[^a]",
    "[^\\n]",
    "{2}",
    "{1,3}",
    "{0,2}",
    "{2,}",
    "\\d",
    "\\w",
    "\\W",
    "\\s",
    "(?s)",
    "(?m)",
    "(?U)",
    "(?-s:",
    "\\Qa.",
    "\\E",
    "-",
    "_",
    " ",
    "\n",
    "\\pL",
    "\\PL",
    "[[:alpha:]]",
    "[^[:^digit:]]",
    "1",
    "x{0}",
    "\\x{61}",
    "\\101",
    "[\\d\\-_]",
    "(?i)",
    "(?i:",
    "(?P<n>"
  };

  private static final String[] TEXTS = {
    "a", "b", "c", "1", "é", "😀", "ſ", "K", "k", ".", "-", "_", " ", "\n", "A", "B"
  };

  private final Random random;
  private final int parts;

  /**
   * @param folding whether case may be folded and groups be named, which not all engines write
   *     alike
   */
  RandomExpressions(long seed, boolean folding) {
    random = new Random(seed);
    parts = PARTS.length - (folding ? 0 : 3);
  }

  String expression() {
    StringBuilder sb = new StringBuilder();
    for (int k = random.nextInt(9); k >= 0; k--) {
      sb.append(PARTS[random.nextInt(parts)]);
    }
    return sb.toString();
  }

  String text() {
    StringBuilder sb = new StringBuilder();
    for (int k = random.nextInt(7); k > 0; k--) {
      sb.append(TEXTS[random.nextInt(TEXTS.length)]);
    }
    return sb.toString();
  }
}
