package dev.tethys.store.traces.block;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanValue;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One scan of a chunk. Not thread-safe. */
public final class ChunkScan {
  private static final int BATCH = 4096;

  private final SpanChunk chunk;
  private final FilterScan filters = new FilterScan();

  public ChunkScan(SpanChunk chunk) {
    this.chunk = chunk;
  }

  /** Rows that start in a range. */
  public long[] inRange(long from, long to) {
    int n = chunk.rows();
    long[] mask = BatchChunk.all(n);
    if (from == Long.MIN_VALUE && to == Long.MAX_VALUE) {
      return mask;
    }
    long[] start = chunk.start();
    for (int w = 0; w < mask.length; w++) {
      long fit = 0;
      int end = Math.min(64, n - (w << 6));
      for (int i = 0; i < end; i++) {
        long v = start[(w << 6) + i];
        fit |= ((v >= from ? 1L : 0L) & (v < to ? 1L : 0L)) << i; // no branches
      }
      mask[w] = fit;
    }
    return mask;
  }

  /** Rows of a mask that fit a filter. */
  public long[] select(SpanFilter filter, long[] mask) {
    return filters.select(chunk, filter, mask);
  }

  /** Passes on the rows of a mask. */
  public void rows(long[] mask, SpanNeeds needs, Consumer<SpanRows> consumer) {
    int count = count(mask);
    if (count == 0) {
      return;
    }
    ScanBuffers buffers = ScanBuffers.take();
    try {
      rows(mask, count, needs, buffers, consumer);
    } finally {
      buffers.release();
    }
  }

  private void rows(
      long[] mask, int count, SpanNeeds needs, ScanBuffers buffers, Consumer<SpanRows> consumer) {
    int[] selected = buffers.selected(count);
    indexes(mask, selected);
    SpanRows out = buffers.rows(needs, Math.min(BATCH, count));
    FieldCursor[] cursors = new FieldCursor[needs.fields().size()];
    for (int c = 0; c < cursors.length; c++) {
      cursors[c] = new FieldCursor(chunk.field(needs.fields().get(c)), out.columns[c]);
    }
    out.ids = new SelectedIds(chunk, selected);
    for (int from = 0; from < count; from += BATCH) {
      Cancellation.check();
      int n = Math.min(BATCH, count - from);
      out.count = n;
      out.idsFrom = from;
      out.idsEnd = from + n == count;
      if (needs.traces()) {
        chunk.traceIds(selected, from, n, out.traceHigh, out.traceLow);
      }
      if (needs.spans()) {
        gather(chunk.spanId(), selected, from, n, out.spanId);
        gather(chunk.parentId(), selected, from, n, out.parentId);
      }
      if (needs.start()) {
        gather(chunk.start(), selected, from, n, out.start);
      }
      if (needs.duration()) {
        gather(chunk.duration(), selected, from, n, out.duration);
      }
      for (FieldCursor c : cursors) {
        c.fill(selected, from, n);
      }
      consumer.accept(out);
    }
  }

  /** IDs of the selected rows. */
  private static final class SelectedIds implements SpanRows.Ids {
    private final SpanChunk chunk;
    private final int[] selected;
    private final long[] high = new long[1];
    private final long[] low = new long[1];

    SelectedIds(SpanChunk chunk, int[] selected) {
      this.chunk = chunk;
      this.selected = selected;
    }

    @Override
    public long traceHigh(int row) {
      chunk.traceIds(selected, row, 1, high, low);
      return high[0];
    }

    @Override
    public long traceLow(int row) {
      chunk.traceIds(selected, row, 1, high, low);
      return low[0];
    }

    @Override
    public long spanId(int row) {
      return chunk.spanId()[selected[row]];
    }
  }

  private static void gather(long[] source, int[] rows, int from, int n, long[] to) {
    if (rows[from + n - 1] - rows[from] == n - 1) {
      System.arraycopy(source, rows[from], to, 0, n);
      return;
    }
    for (int i = 0; i < n; i++) {
      to[i] = source[rows[from + i]];
    }
  }

  private static int count(long[] mask) {
    int n = 0;
    for (long w : mask) {
      n += Long.bitCount(w);
    }
    return n;
  }

  private static void indexes(long[] mask, int[] out) {
    int at = 0;
    for (int w = 0; w < mask.length; w++) {
      for (long bits = mask[w]; bits != 0; bits &= bits - 1) {
        out[at++] = (w << 6) + Long.numberOfTrailingZeros(bits);
      }
    }
  }

  /** Adds the distinct values of a field for the rows of a mask until there are enough. */
  public void values(
      dev.tethys.model.traces.SpanField field, long[] mask, Collection<SpanValue> to, int limit) {
    List<TextTable> all = isWhole(mask) ? chunk.allStrings(field) : null;
    if (all != null) {
      for (TextTable t : all) {
        for (int code = 0; code < t.count() && to.size() < limit; code++) {
          to.add(new SpanValue.Text(t.get(code)));
        }
      }
      return;
    }
    List<Piece> groups = chunk.groupField(field);
    if (groups == null) {
      values(chunk.field(field), mask, to, limit);
    } else {
      values(groups, scopes(mask), to, limit);
    }
  }

  /** Mask of the scopes of rows. */
  private long[] scopes(long[] mask) {
    int[] scope = chunk.scope();
    long[] out = new long[chunk.groups().scopes.rows + 63 >>> 6];
    for (int w = 0; w < mask.length; w++) {
      for (long bits = mask[w]; bits != 0; bits &= bits - 1) {
        int s = scope[(w << 6) + Long.numberOfTrailingZeros(bits)];
        out[s >>> 6] |= 1L << s;
      }
    }
    return out;
  }

  private static void values(List<Piece> pieces, long[] mask, Collection<SpanValue> to, int limit) {
    for (Piece p : pieces) {
      TextTable texts = p.texts();
      if (p.rows() == null && texts != null && p.type() == SpanColumn.STRING) {
        strings(p, texts, mask, to, limit);
        continue;
      }
      boolean[] seen = new boolean[texts == null ? 0 : texts.count()];
      long before = 0;
      boolean any = false;
      for (int i = 0; i < p.count() && to.size() < limit; i++) {
        int row = p.row(i);
        if ((mask[row >>> 6] >>> row & 1) == 0) {
          continue;
        }
        long bits = p.bits()[i];
        switch (p.type()) {
          case SpanColumn.STRING -> {
            if (texts != null && !seen[(int) bits]) {
              seen[(int) bits] = true;
              to.add(new SpanValue.Text(texts.get((int) bits)));
            }
          }
          case SpanColumn.OTHER -> {} // equals nothing
          default -> {
            if (!any || bits != before) {
              to.add(
                  switch (p.type()) {
                    case SpanColumn.INT -> new SpanValue.Int(bits);
                    case SpanColumn.DOUBLE -> new SpanValue.Real(Double.longBitsToDouble(bits));
                    default -> new SpanValue.Bool(bits != 0);
                  });
              any = true;
              before = bits;
            }
          }
        }
      }
    }
  }

  /** Adds strings of a piece that has one for each row. */
  private static void strings(
      Piece p, TextTable texts, long[] mask, Collection<SpanValue> to, int limit) {
    boolean[] seen = new boolean[texts.count()];
    long[] codes = p.bits();
    for (int w = 0; w < mask.length; w++) {
      for (long bits = mask[w]; bits != 0; bits &= bits - 1) {
        int code = (int) codes[(w << 6) + Long.numberOfTrailingZeros(bits)];
        if (!seen[code]) {
          if (to.size() >= limit) {
            return;
          }
          seen[code] = true;
          to.add(new SpanValue.Text(texts.get(code)));
        }
      }
    }
  }

  private boolean isWhole(long[] mask) {
    return count(mask) == chunk.rows();
  }

  /** Column of a scan; rows are passed on in ascending order. */
  private static final class FieldCursor {
    private final List<Piece> pieces;
    private final SpanColumn out;
    private final int[] at; // next value of each piece
    private final int[][] codes; // code in the column + 1, by piece
    private final boolean isSeveral;
    private int strings;

    FieldCursor(List<Piece> pieces, SpanColumn out) {
      this.pieces = pieces;
      this.out = out;
      at = new int[pieces.size()];
      codes = new int[pieces.size()][];
      boolean several = false;
      for (int p = 0; p < codes.length; p++) {
        TextTable t = pieces.get(p).texts();
        codes[p] = new int[t == null ? 0 : t.count()];
        several |= pieces.get(p).order() != null;
      }
      isSeveral = several;
    }

    void fill(int[] rows, int from, int n) {
      if (isSeveral) {
        several(rows, from, n);
        return;
      }
      out.offsets = null;
      if (out.types.length < n) {
        out.types = new byte[n];
        out.bits = new long[n];
      }
      Arrays.fill(out.types, 0, n, SpanColumn.ABSENT);
      for (int p = 0; p < at.length; p++) {
        Piece piece = pieces.get(p);
        int[] of = piece.rows();
        if (of == null) {
          each(p, piece, rows, from, n);
          continue;
        }
        if (rows[from + n - 1] - rows[from] == n - 1) {
          some(p, piece, of, rows[from], n);
          continue;
        }
        int i = at[p];
        for (int k = 0; k < n; k++) {
          int row = rows[from + k];
          while (i < piece.count() && of[i] < row) {
            i++;
          }
          if (i == piece.count()) {
            break;
          }
          if (of[i] != row) {
            continue;
          }
          out.types[k] = piece.type();
          out.bits[k] = bits(p, piece, i);
        }
        at[p] = i;
      }
    }

    /** Values of a piece for rows that follow one another. */
    private void some(int p, Piece piece, int[] of, int first, int n) {
      int i = at[p];
      while (i < piece.count() && of[i] < first) {
        i++;
      }
      for (; i < piece.count() && of[i] < first + n; i++) {
        out.types[of[i] - first] = piece.type();
        out.bits[of[i] - first] = bits(p, piece, i);
      }
      at[p] = i;
    }

    /** Values of a piece that has one for each row. */
    private void each(int p, Piece piece, int[] rows, int from, int n) {
      long[] values = piece.bits();
      long[] to = out.bits;
      Arrays.fill(out.types, 0, n, piece.type());
      if (piece.type() != SpanColumn.STRING || piece.texts() == null) {
        gather(values, rows, from, n, to);
        return;
      }
      int[] known = codes[p];
      for (int k = 0; k < n; k++) {
        int code = known[(int) values[rows[from + k]]];
        to[k] = code > 0 ? code - 1 : bits(p, piece, rows[from + k]);
      }
    }

    private long bits(int p, Piece piece, int i) {
      long bits = piece.bits()[i];
      TextTable texts = piece.texts();
      if (piece.type() != SpanColumn.STRING || texts == null) {
        return bits;
      }
      int code = (int) bits;
      if (codes[p][code] == 0) {
        if (strings == out.strings.length) {
          out.strings = Arrays.copyOf(out.strings, Math.max(16, strings * 2));
        }
        out.strings[strings] = texts.get(code);
        codes[p][code] = ++strings;
      }
      return codes[p][code] - 1;
    }

    private void several(int[] rows, int from, int n) {
      if (out.offsets == null || out.offsets.length < n + 1) {
        out.offsets = new int[n + 1];
      }
      int[] offsets = out.offsets;
      int count = 0;
      for (int k = 0; k < n; k++) {
        int row = rows[from + k];
        offsets[k] = count;
        for (int p = next(row); p >= 0; p = next(row)) {
          Piece piece = pieces.get(p);
          if (count == out.types.length) {
            out.types = Arrays.copyOf(out.types, Math.max(16, count * 2));
            out.bits = Arrays.copyOf(out.bits, Math.max(16, count * 2));
          }
          out.types[count] = piece.type();
          out.bits[count++] = bits(p, piece, at[p]++);
        }
      }
      offsets[n] = count;
    }

    /** Piece with the next value of a row, or -1. */
    private int next(int row) {
      int best = -1;
      int bestPlace = 0;
      for (int p = 0; p < at.length; p++) {
        Piece piece = pieces.get(p);
        while (at[p] < piece.count() && piece.row(at[p]) < row) {
          at[p]++;
        }
        if (at[p] < piece.count() && piece.row(at[p]) == row) {
          int place = place(piece, at[p]);
          if (best < 0 || place < bestPlace) {
            best = p;
            bestPlace = place;
          }
        }
      }
      return best;
    }

    private static int place(Piece piece, int i) {
      int @Nullable [] order = piece.order();
      return order == null ? 0 : order[i];
    }
  }
}
