package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.Utf8;
import java.util.Arrays;

/** Entry positions in a {@code ProfilesDictionary}. */
final class DictionaryEntries {
  private final byte[] message;
  private final int[][] offsets = new int[ProfileTable.values().length][16];
  private final int[][] lengths = new int[offsets.length][16];
  private final int[] sizes = new int[offsets.length];

  /** Reads a dictionary. */
  DictionaryEntries(byte[] message) {
    this.message = message;
    ProtoReader r = new ProtoReader(message);
    while (r.next()) {
      int t = r.field() - 1;
      if (r.wireType() != ProtoReader.LENGTH || t < 0 || t >= sizes.length) {
        r.skip();
        continue;
      }
      int n = sizes[t]++;
      if (n == offsets[t].length) {
        offsets[t] = Arrays.copyOf(offsets[t], 2 * n);
        lengths[t] = Arrays.copyOf(lengths[t], 2 * n);
      }
      int length = r.readLength();
      offsets[t][n] = r.position();
      lengths[t][n] = length;
      r.position(r.position() + length);
    }
  }

  byte[] buffer() {
    return message;
  }

  int size(ProfileTable t) {
    return sizes[t.ordinal()];
  }

  int offset(ProfileTable t, int index) {
    check(t, index);
    return offsets[t.ordinal()][index];
  }

  int length(ProfileTable t, int index) {
    check(t, index);
    return lengths[t.ordinal()][index];
  }

  /** Unchanged text; "" if there is no table. */
  Object text(int index) {
    if (index == 0) {
      return "";
    }
    int length = length(ProfileTable.STRING, index);
    return length == 0 ? "" : new Utf8(message, offset(ProfileTable.STRING, index), length);
  }

  private void check(ProfileTable t, int index) {
    if (index < 0 || index >= sizes[t.ordinal()]) {
      throw new CodecException(
          "OTLP: index " + index + " of the table of " + t + ", which has " + size(t) + " entries");
    }
  }
}
