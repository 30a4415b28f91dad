package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Attributes of a block by key. Safe not thread-safe. */
final class BlockAttributes {
  private static final SpanField.Scope[] SCOPES = {
    SpanField.Scope.SPAN_ATTRIBUTE, SpanField.Scope.EVENT_ATTRIBUTE, SpanField.Scope.LINK_ATTRIBUTE
  };

  private final BlockSource source;

  BlockAttributes(BlockSource source) {
    this.source = source;
  }

  /** Returns the first values of a key, by type; rows are those of the owner. */
  List<Piece> pieces(int owner, String key) {
    BlockShapes list = source.shapes();
    int code = Arrays.asList(list.keys).indexOf(key);
    List<Piece> out = new ArrayList<>();
    if (code < 0) {
      return out;
    }
    int[] starts = list.starts[owner];
    int n = list.count(owner);
    int[] columnOf = new int[n]; // of the first element with the key, or -1
    int[] place = new int[n]; // elements of the same column before it
    boolean[] wanted = new boolean[list.types.length];
    for (int s = 0; s < n; s++) {
      columnOf[s] = -1;
      for (int e = starts[s]; e < starts[s + 1] && columnOf[s] < 0; e++) {
        if (list.elementKeys[owner][e] == code) {
          columnOf[s] = list.elementColumns[owner][e];
          for (int before = starts[s]; before < e; before++) {
            place[s] += list.elementColumns[owner][before] == columnOf[s] ? 1 : 0;
          }
          wanted[columnOf[s]] = true;
        }
      }
    }
    for (int c = 0; c < wanted.length; c++) {
      if (wanted[c]) {
        out.add(piece(list, owner, c, columnOf, place));
      }
    }
    return out;
  }

  private Piece piece(BlockShapes list, int owner, int c, int[] columnOf, int[] place) {
    int[] width = list.widths(owner, c); // values of a row of the shape in the column
    boolean isSimple = true;
    for (int s = 0; s < width.length; s++) {
      isSimple &= width[s] == (columnOf[s] == c ? 1 : 0);
    }
    int[] shape = source.rowShapes(owner);
    int n = list.counts[c];
    // a shared column holds the values of spans, then of events, then of links
    int at = 0;
    for (int o = 0; o < owner; o++) {
      int[] other = list.widths(o, c);
      boolean any = false;
      for (int w : other) {
        any |= w > 0;
      }
      for (int r = 0; any && r < source.rowShapes(o).length; r++) {
        at += other[source.rowShapes(o)[r]];
      }
    }
    isSimple &= at == 0;
    int[] rows = new int[n];
    int count = 0;
    int[] index = new int[isSimple ? 0 : n];
    for (int r = 0; r < shape.length; r++) {
      int s = shape[r];
      if (width[s] == 0) {
        continue;
      }
      if (at + width[s] > n) {
        throw new CorruptionException("column " + c + " has fewer values than rows refer to");
      }
      if (columnOf[s] == c) {
        if (!isSimple) {
          index[count] = at + place[s];
        }
        rows[count++] = r;
      }
      at += width[s];
    }
    Piece all = source.column(c);
    long[] bits = all.bits();
    if (!isSimple) {
      bits = new long[count];
      for (int i = 0; i < count; i++) {
        bits[i] = all.bits()[index[i]];
      }
    }
    int[] of = count == shape.length ? null : count == n ? rows : Arrays.copyOf(rows, count);
    return new Piece(list.types[c], count, of, null, bits, all.texts());
  }

  /** Strings of a key of spans; null if they are unknown without rows. */
  @Nullable List<TextTable> allStrings(String name) {
    BlockShapes list = source.shapes();
    int key = Arrays.asList(list.keys).indexOf(name);
    int[] starts = list.starts[0];
    boolean[] of = new boolean[list.types.length]; // columns of the key
    boolean[] others = new boolean[list.types.length];
    for (int s = 0; s + 1 < starts.length; s++) {
      boolean first = true;
      for (int e = starts[s]; e < starts[s + 1]; e++) {
        boolean isKey = list.elementKeys[0][e] == key;
        (isKey && first ? of : others)[list.elementColumns[0][e]] = true;
        first &= !isKey;
      }
    }
    List<TextTable> out = new ArrayList<>();
    for (int c = 0; c < of.length; c++) {
      if (of[c] && (others[c] || c < BlockSection.SHARED || list.types[c] != SpanColumn.STRING)) {
        return null;
      }
      if (of[c]) {
        out.add(source.dictionary(BlockSection.COLUMN + c, list.counts[c]));
      }
    }
    return out;
  }

  /** Adds the keys. */
  void keys(SortedSet<SpanField> to) {
    BlockShapes list = source.shapes();
    for (int o = 0; o < BlockShapes.OWNERS; o++) {
      int end = list.starts[o][list.count(o)];
      boolean[] seen = new boolean[list.keys.length];
      for (int e = 0; e < end; e++) {
        if (!seen[list.elementKeys[o][e]]) {
          seen[list.elementKeys[o][e]] = true;
          to.add(new SpanField(SCOPES[o], list.keys[list.elementKeys[o][e]]));
        }
      }
    }
  }
}
