package dev.tethys.pipeline.stages;

import dev.tethys.model.logs.LogEntry;

/** Lengths of strings in bytes, as limits count them. */
final class Utf8 {
  private Utf8() {}

  /** Whether the text has more bytes than that. */
  static boolean longerThan(String s, long limit) {
    return s.length() > limit || s.length() * 3L > limit && LogEntry.bytes(s) > limit;
  }

  /** Returns the longest prefix that fits the byte limit and ends with a complete character. */
  static String truncate(String s, long limit) {
    if (!longerThan(s, limit)) {
      return s;
    }
    long bytes = 0;
    int i = 0;
    while (i < s.length()) {
      int c = s.codePointAt(i);
      bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
      if (bytes > limit) {
        break;
      }
      i += Character.charCount(c);
    }
    return s.substring(0, i);
  }
}
