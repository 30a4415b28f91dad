package dev.tethys.query.traceql.exec;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers of the groups of rows of one scan. The values of a column have numbers, by their codes if
 * they are strings; a group of several columns has the number of its pair of a group of the columns
 * before and a value.
 */
final class GroupIds {
  /** Values of a column. */
  private static final class Column {
    final ExecutionColumns.Slot slot;
    final ValueType integers;
    final Map<TraceValue, Integer> ids = new HashMap<>();
    final List<TraceValue> values = new ArrayList<>();
    int[] byCode = {};
    final int[] small = new int[256];

    Column(ExecutionColumns.Slot slot, ValueType integers) {
      this.slot = slot;
      this.integers = integers;
      ids.put(TraceValue.NIL, 0);
      values.add(TraceValue.NIL);
    }

    int id(TraceValue v) {
      Integer i = ids.get(v);
      if (i == null) {
        i = values.size();
        ids.put(v, i);
        values.add(v);
      }
      return i;
    }

    int id(SpanColumn c, int at) {
      long bits = c.bits[at];
      switch (c.types[at]) {
        case SpanColumn.STRING -> {
          int code = (int) bits;
          if (code >= byCode.length) {
            byCode = Arrays.copyOf(byCode, Math.max(code + 1, c.strings.length));
          }
          int known = byCode[code];
          if (known == 0) {
            known = id(new TraceValue.Text(c.strings[code]));
            byCode[code] = known;
          }
          return known;
        }
        case SpanColumn.INT -> {
          if (bits >= 0 && bits < small.length) {
            int known = small[(int) bits];
            if (known == 0) {
              known = id(Frame.integer(bits, integers));
              small[(int) bits] = known;
            }
            return known;
          }
          return id(Frame.integer(bits, integers));
        }
        case SpanColumn.ABSENT -> {
          return 0;
        }
        default -> {
          return id(Frame.value(c, at, integers));
        }
      }
    }
  }

  private final Column[] columns;
  private int size = 1;
  private long[] keys = new long[64];
  private int[] numbers = new int[64];
  private long[] pairs = new long[64];

  GroupIds(List<FieldExpr> by, ExecutionColumns slots) {
    columns = new Column[by.size()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = new Column(slots.slot(by.get(i)), Frame.integers(by.get(i)));
    }
  }

  /** Sets the group of each row. */
  void groups(SpanRows rows, int[] out) {
    for (int k = 0; k < columns.length; k++) {
      Column column = columns[k];
      SpanColumn c = rows.columns[column.slot.index()];
      if (k == 0) {
        first(column, c, rows.count, out);
      } else {
        for (int i = 0; i < rows.count; i++) {
          int from = Frame.from(c, i);
          int v = from < Frame.to(c, i) ? column.id(c, from) : 0;
          out[i] = pair((long) k << 56 | (long) out[i] << 28 | v);
        }
      }
    }
    if (columns.length == 1) {
      size = columns[0].values.size();
    }
  }

  private static void first(Column column, SpanColumn c, int rows, int[] out) {
    if (c.offsets != null) {
      for (int i = 0; i < rows; i++) {
        int from = Frame.from(c, i);
        out[i] = from < Frame.to(c, i) ? column.id(c, from) : 0;
      }
      return;
    }
    byte[] types = c.types;
    long[] bits = c.bits;
    int[] known = column.byCode;
    for (int i = 0; i < rows; i++) {
      int g = 0;
      if (types[i] == SpanColumn.STRING && bits[i] < known.length) {
        g = known[(int) bits[i]];
      }
      if (g == 0) {
        g = column.id(c, i);
        known = column.byCode;
      }
      out[i] = g;
    }
  }

  /** Number of a pair; pairs are numbered in order of first appearance. */
  private int pair(long key) {
    int mask = keys.length - 1;
    int s = (int) ((key * 0x9E3779B97F4A7C15L) >>> 33) & mask;
    while (numbers[s] != 0) {
      if (keys[s] == key) {
        return numbers[s];
      }
      s = (s + 1) & mask;
    }
    if (size * 2 >= keys.length) {
      grow();
      return pair(key);
    }
    int n = size++;
    keys[s] = key;
    numbers[s] = n;
    if (n >= pairs.length) {
      pairs = Arrays.copyOf(pairs, 2 * n);
    }
    pairs[n] = key;
    return n;
  }

  private void grow() {
    long[] k = keys;
    int[] v = numbers;
    keys = new long[2 * k.length];
    numbers = new int[2 * k.length];
    int mask = keys.length - 1;
    for (int i = 0; i < k.length; i++) {
      if (v[i] != 0) {
        int s = (int) ((k[i] * 0x9E3779B97F4A7C15L) >>> 33) & mask;
        while (numbers[s] != 0) {
          s = (s + 1) & mask;
        }
        keys[s] = k[i];
        numbers[s] = v[i];
      }
    }
  }

  /** Returns the number of groups; numbers are below it. */
  int size() {
    return columns.length == 0 ? 1 : size;
  }

  /** Values of a group, absent ones as nil. */
  List<TraceValue> values(int group) {
    TraceValue[] out = new TraceValue[columns.length];
    int g = group;
    for (int k = columns.length - 1; k > 0; k--) {
      long key = pairs[g];
      out[k] = columns[k].values.get((int) (key & ((1 << 28) - 1)));
      g = (int) (key >>> 28 & ((1 << 28) - 1));
    }
    if (out.length > 0) {
      out[0] = columns[0].values.get(g);
    }
    return List.of(out);
  }
}
