package dev.tethys.query.logql.pipeline;

import java.util.Set;

/** Puts extracted values into rows: sanitises names and values, skips unused and repeated names. */
final class Extractor {
  private final NameTable names;
  private final boolean all;
  private final int wantedCount;
  private boolean digits; // in a name of a candidate
  private long lengths; // of names of candidates; the highest bit for all from there on
  private boolean[] wanted; // by name; extracted under this name
  private boolean[] candidate; // by name; in lines under this name

  Extractor(NameTable names, UsedLabels wanted) {
    this.names = names;
    Set<String> set = wanted.names();
    all = set == null;
    this.wanted = new boolean[64];
    candidate = new boolean[64];
    int count = 0;
    if (set != null) {
      for (String n : set) {
        count++;
        mark(names.id(n), true);
        if (n.endsWith(NameTable.DUPLICATE_SUFFIX)) {
          mark(names.id(n.substring(0, n.length() - NameTable.DUPLICATE_SUFFIX.length())), false);
        }
      }
    }
    wantedCount = count;
  }

  private void mark(int id, boolean result) {
    if (id >= wanted.length) {
      int n = Math.max(id + 1, 2 * wanted.length);
      wanted = java.util.Arrays.copyOf(wanted, n);
      candidate = java.util.Arrays.copyOf(candidate, n);
    }
    wanted[id] |= result;
    digits |= hasDigit(names.utf8(id));
    lengths |= length(names.utf8(id).length);
    candidate[id] = true;
  }

  private static boolean hasDigit(byte[] name) {
    for (byte b : name) {
      if (b >= '0' && b <= '9') {
        return true;
      }
    }
    return false;
  }

  /**
   * True if a key with arguments may be that of a used label. One with digits is not if no label
   * has any.
   */
  boolean mayBeCandidate(LineOutline lines, int from, int to) {
    return all || digits || !lines.hasDigits(from, to);
  }

  private static long length(int bytes) {
    return 1L << Math.min(bytes, Long.SIZE - 1);
  }

  /** Returns false if a key cannot be a used label, because no label is as long. */
  boolean mayBeCandidate(byte[] key, int from, int to) {
    return mayBeCandidate(key, from, to, 0);
  }

  /**
   * Variant for a key of a nested object.
   *
   * @param prefix length of the preceding part of the name, which an underscore follows; 0 if none
   */
  boolean mayBeCandidate(byte[] key, int from, int to, int prefix) {
    boolean ascii = true;
    for (int i = from; i < to; i++) {
      ascii &= key[i] > ' ';
    }
    int n = prefix + to - from;
    // A leading digit is prefixed with an underscore.
    return all || !ascii || (lengths & (length(n) | length(n + 1))) != 0;
  }

  /** Returns the maximum number of labels that can be extracted; -1 if there is no limit. */
  int limit() {
    return all ? -1 : wantedCount;
  }

  /** Returns the name of a key in lines; -1 if it is not used. */
  int candidate(byte[] key, int from, int to) {
    if (all) {
      return names.id(key, from, to);
    }
    int id = names.find(key, from, to);
    return id >= 0 && id < candidate.length && candidate[id] ? id : -1;
  }

  /** Returns the name under which a row receives the value of a key; -1 if it does not. */
  int target(Row row, int id) {
    int n = row.isBase(id) ? names.duplicate(id) : id;
    if (!all && (n >= wanted.length || !wanted[n])) {
      return -1;
    }
    return row.isExtracted(n) ? -1 : n;
  }

  /** Sets a value; characters that are not valid UTF-8 become spaces. */
  void put(Row row, int id, byte[] bytes, int from, int length) {
    if (isClean(bytes, from, from + length)) {
      row.addExtracted(id, bytes, from, length);
      return;
    }
    byte[] clean =
        new String(bytes, from, length, java.nio.charset.StandardCharsets.UTF_8)
            .replace('\ufffd', ' ')
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    row.addExtracted(id, clean, 0, clean.length);
  }

  /** True if bytes are UTF-8 without replacement characters; ASCII returns true immediately. */
  private static boolean isClean(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] >= 0) {
      i++;
    }
    return i == to
        || new String(b, i, to - i, java.nio.charset.StandardCharsets.UTF_8).indexOf('\ufffd') < 0;
  }

  /**
   * Writes a key with only letters, digits and underscores, without blanks at its ends.
   *
   * @param first whether a digit at its start gets an underscore before it
   * @return end of the written bytes; space for one more byte than the key has is needed
   */
  static int sanitise(byte[] key, int from, int to, byte[] out, int at, boolean first) {
    while (from < to && isBlank(key[from])) {
      from++;
    }
    while (to > from && isBlank(key[to - 1])) {
      to--;
    }
    int end = at;
    if (first && from < to && key[from] >= '0' && key[from] <= '9') {
      out[end++] = '_';
    }
    for (int i = from; i < to; i++) {
      byte c = key[i];
      if (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= '0' && c <= '9') {
        out[end++] = c;
      } else if (c >= 0 || (c & 0xc0) != 0x80) { // one for a character of several bytes
        out[end++] = '_';
      }
    }
    return end;
  }

  private static boolean isBlank(byte c) {
    return c == ' ' || c >= 9 && c <= 13;
  }
}
