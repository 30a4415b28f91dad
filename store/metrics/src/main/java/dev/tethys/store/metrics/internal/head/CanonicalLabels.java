package dev.tethys.store.metrics.internal.head;

import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;

/**
 * Validates canonical label bytes read from disk: a matching checksum does not prove that they are
 * labels.
 */
final class CanonicalLabels {
  private CanonicalLabels() {}

  /**
   * Checks that bytes are pairs of length-prefixed strings, the names ascending, nothing empty.
   *
   * @throws CorruptionException if they are not
   */
  static void check(byte[] b) {
    int p = 0;
    int before = -1; // where the name before starts
    int beforeEnd = -1;
    while (p < b.length) {
      int nameLength = number(b, p);
      int name = p + size(nameLength);
      if (nameLength == 0 || nameLength > b.length - name) {
        throw bad();
      }
      int nameEnd = name + nameLength;
      int valueLength = number(b, nameEnd);
      int value = nameEnd + size(valueLength);
      if (valueLength == 0 || valueLength > b.length - value) {
        throw bad();
      }
      if (before >= 0 && Arrays.compareUnsigned(b, before, beforeEnd, b, name, nameEnd) >= 0) {
        throw bad();
      }
      before = name;
      beforeEnd = nameEnd;
      p = value + valueLength;
    }
    if (b.length == 0) {
      throw bad();
    }
  }

  private static int number(byte[] b, int from) {
    int v = 0;
    int p = from;
    for (int shift = 0; shift < 28; shift += 7) {
      if (p >= b.length) {
        throw bad();
      }
      byte x = b[p++];
      v |= (x & 0x7f) << shift;
      if (x >= 0) {
        if (p - from != size(v)) {
          throw bad(); // one string would have two forms
        }
        return v;
      }
    }
    throw bad();
  }

  private static int size(int v) {
    return (38 - Integer.numberOfLeadingZeros(v | 1)) / 7;
  }

  private static CorruptionException bad() {
    return new CorruptionException("bytes that do not encode labels");
  }
}
