package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.query.logql.ast.MetricExpr.Grouping;
import dev.tethys.query.logql.pipeline.NameTable;
import dev.tethys.query.logql.pipeline.Row;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the series of a row. Labels that make a series are written into a key: number of the name,
 * length and bytes of the value. Keys of the same labels in another order are other series until
 * they are merged by their labels. Not thread-safe.
 */
final class SeriesKey {
  private final NameTable names;
  private final boolean by;
  private final int[] group;
  private final int unwrapped;
  private final SeriesTable table = new SeriesTable();
  private byte[] key = new byte[256];
  private int length;
  private Labels[] labels = new Labels[16];

  /**
   * @param grouping null for all labels
   * @param unwrapped name that is not a label of the series, -1 for none
   */
  SeriesKey(NameTable names, @Nullable Grouping grouping, int unwrapped) {
    this.names = names;
    by = grouping != null && !grouping.without();
    group =
        grouping == null ? new int[0] : grouping.labels().stream().mapToInt(names::id).toArray();
    this.unwrapped = unwrapped;
  }

  /** Returns the number of series. */
  int size() {
    return table.size();
  }

  /** Series of a row; the number of series before if it is new. */
  int of(Row row) {
    length = 0;
    if (by) {
      for (int id : group) {
        int s = row.find(id);
        if (s >= 0) {
          append(row, s);
        }
      }
    } else {
      for (int s = 0; s < row.slots(); s++) {
        if (row.holds(s) && isPart(row.nameAt(s))) {
          append(row, s);
        }
      }
    }
    int before = table.size();
    int i = table.id(key, length);
    if (i == before) {
      if (i == labels.length) {
        labels = Arrays.copyOf(labels, 2 * i);
      }
      labels[i] = decode();
    }
    return i;
  }

  private boolean isPart(int name) {
    if (name == unwrapped) {
      return false;
    }
    for (int g : group) {
      if (g == name) {
        return false;
      }
    }
    return true;
  }

  private void append(Row row, int s) {
    int n = row.lengthAt(s);
    if (key.length - length < n + 10) {
      key = Arrays.copyOf(key, 2 * (length + n + 10));
    }
    varint(row.nameAt(s));
    varint(n);
    System.arraycopy(row.bufferAt(s), row.fromAt(s), key, length, n);
    length += n;
  }

  private void varint(int v) {
    while (v >= 0x80) {
      key[length++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    key[length++] = (byte) v;
  }

  private int at;

  private int readVarint() {
    int v = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = key[at++];
      v |= (b & 0x7f) << shift;
      if (b >= 0) {
        return v;
      }
    }
  }

  private Labels decode() {
    LabelsBuilder b = new LabelsBuilder();
    at = 0;
    while (at < length) {
      int name = readVarint();
      int n = readVarint();
      if (names.utf8(name).length > 0) {
        b.show(names.name(name), new String(key, at, n, StandardCharsets.UTF_8));
      }
      at += n;
    }
    return b.build();
  }

  /** Returns the labels of a series. */
  Labels labels(int series) {
    return labels[series];
  }
}
