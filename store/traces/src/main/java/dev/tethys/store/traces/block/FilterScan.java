package dev.tethys.store.traces.block;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Evaluates filters over chunks. Conditions on strings are evaluated once a string, conditions are
 * ordered by their cost, and each is evaluated for the rows that fit those before it. A mask has a
 * bit for each row. Not thread-safe.
 */
public final class FilterScan {
  private final Map<String, Regex> patterns = new HashMap<>();

  /**
   * Rows that fit.
   *
   * @param mask rows to evaluate
   */
  public long[] select(SpanChunk chunk, SpanFilter filter, long[] mask) {
    return switch (filter) {
      case SpanFilter.And a -> {
        List<SpanFilter> operands = new ArrayList<>(a.operands());
        operands.sort(Comparator.comparingInt(FilterScan::cost));
        long[] out = mask;
        for (SpanFilter f : operands) {
          if (isEmpty(out)) {
            break;
          }
          out = select(chunk, f, out);
        }
        yield out;
      }
      case SpanFilter.Or o -> {
        long[] left = mask.clone();
        long[] out = new long[mask.length];
        for (SpanFilter f : o.operands()) {
          if (isEmpty(left)) {
            break;
          }
          long[] fit = select(chunk, f, left);
          for (int i = 0; i < out.length; i++) {
            out[i] |= fit[i];
            left[i] &= ~fit[i];
          }
        }
        yield out;
      }
      case SpanFilter.Not n -> {
        long[] fit = select(chunk, n.operand(), mask);
        long[] out = mask.clone();
        for (int i = 0; i < out.length; i++) {
          out[i] &= ~fit[i];
        }
        yield out;
      }
      case SpanFilter.Present p -> {
        if (p.field().scope() == SpanField.Scope.PARENT_ID) {
          long[] roots = chunk.roots();
          long[] out = mask.clone();
          for (int i = 0; i < out.length; i++) {
            out[i] &= ~roots[i];
          }
          yield out;
        }
        long[] out = new long[mask.length];
        for (Piece piece : chunk.field(p.field())) {
          for (int i = 0; i < piece.count(); i++) {
            set(out, piece.row(i));
          }
        }
        and(out, mask);
        yield out;
      }
      case SpanFilter.Compare c -> {
        List<Piece> groups = chunk.groupField(c.field());
        yield groups == null
            ? compare(chunk.field(c.field()), c, mask)
            : ofScopes(chunk, compare(groups, c, scopes(chunk)), mask);
      }
      case SpanFilter.Matches m -> {
        List<Piece> groups = chunk.groupField(m.field());
        yield groups == null
            ? matches(chunk.field(m.field()), m, mask)
            : ofScopes(chunk, matches(groups, m, scopes(chunk)), mask);
      }
      case SpanFilter.OfTraces t -> {
        long[] out = chunk.ofTraces(t.ids());
        and(out, mask);
        yield out;
      }
    };
  }

  private static long[] scopes(SpanChunk chunk) {
    return BatchChunk.all(chunk.groups().scopes.rows);
  }

  /** Rows of a mask whose scope fits. */
  private static long[] ofScopes(SpanChunk chunk, long[] fitting, long[] mask) {
    long[] out = new long[mask.length];
    if (isEmpty(fitting)) {
      return out;
    }
    int[] scope = chunk.scope();
    byte[] fits = new byte[chunk.groups().scopes.rows];
    for (int i = 0; i < fits.length; i++) {
      fits[i] = (byte) (fitting[i >>> 6] >>> i & 1);
    }
    int n = chunk.rows();
    for (int w = 0; w < out.length; w++) {
      if (mask[w] == 0) {
        continue;
      }
      int first = w << 6;
      long fit = 0;
      if (n - first >= 64) {
        for (int i = 0; i < 64; i += 8) {
          fit |= (long) eight(fits, scope, first + i) << i;
        }
      } else {
        for (int i = 0; i < n - first; i++) {
          fit |= (long) fits[scope[first + i]] << i;
        }
      }
      out[w] = fit & mask[w];
    }
    return out;
  }

  /** Bits of eight rows, whose tests do not wait for each other. */
  private static int eight(byte[] fits, int[] scope, int at) {
    return (fits[scope[at]] | fits[scope[at + 1]] << 1)
        | (fits[scope[at + 2]] << 2 | fits[scope[at + 3]] << 3)
        | (fits[scope[at + 4]] << 4 | fits[scope[at + 5]] << 5)
        | (fits[scope[at + 6]] << 6 | fits[scope[at + 7]] << 7);
  }

  private long[] matches(List<Piece> pieces, SpanFilter.Matches m, long[] mask) {
    Regex regex = patterns.computeIfAbsent(m.pattern(), Regex::whole);
    long[] out = new long[mask.length];
    for (Piece p : pieces) {
      if (p.type() == SpanColumn.STRING) {
        byteTest(p, mask, out, (b, from, to) -> regex.matches(b, from, to));
      }
    }
    return out;
  }

  private static int cost(SpanFilter f) {
    return switch (f) {
      case SpanFilter.Compare c -> cost(c.field());
      case SpanFilter.Present p -> cost(p.field());
      case SpanFilter.Matches m -> 100 + cost(m.field());
      case SpanFilter.OfTraces t -> 1;
      case SpanFilter.Not n -> 1 + cost(n.operand());
      case SpanFilter.And a -> a.operands().stream().mapToInt(FilterScan::cost).sum();
      case SpanFilter.Or o -> o.operands().stream().mapToInt(FilterScan::cost).sum();
    };
  }

  private static int cost(SpanField f) {
    return switch (f.scope()) {
      case RESOURCE_ATTRIBUTE, SCOPE_ATTRIBUTE, SCOPE_NAME, SCOPE_VERSION -> 1;
      case KIND, STATUS, DURATION, START -> 2;
      case NAME, STATUS_MESSAGE, TRACE_STATE, PARENT_ID -> 3;
      case TRACE_ID, SPAN_ID -> 40;
      default -> 10;
    };
  }

  static boolean isEmpty(long[] mask) {
    for (long w : mask) {
      if (w != 0) {
        return false;
      }
    }
    return true;
  }

  private static void set(long[] mask, int row) {
    mask[row >>> 6] |= 1L << row;
  }

  private static boolean has(long[] mask, int row) {
    return (mask[row >>> 6] >>> row & 1) != 0;
  }

  private static void and(long[] out, long[] mask) {
    for (int i = 0; i < out.length; i++) {
      out[i] &= mask[i];
    }
  }

  // ---- comparisons

  private static long[] compare(List<Piece> pieces, SpanFilter.Compare c, long[] mask) {
    long[] out = new long[mask.length];
    for (Piece p : pieces) {
      switch (c.value()) {
        case SpanValue.Text t -> {
          if (p.type() == SpanColumn.STRING) {
            text(p, c.operator(), t.value().getBytes(StandardCharsets.UTF_8), mask, out);
          }
        }
        case SpanValue.Bool b -> {
          boolean isOrder =
              c.operator() != SpanFilter.Operator.EQUAL
                  && c.operator() != SpanFilter.Operator.NOT_EQUAL;
          if (p.type() == SpanColumn.BOOL && !isOrder) {
            long want = b.value() == (c.operator() == SpanFilter.Operator.EQUAL) ? 1 : 0;
            range(p, want, want, mask, out);
          }
        }
        case SpanValue.Int n -> number(p, c.operator(), n.value(), 0, false, mask, out);
        case SpanValue.Real d -> number(p, c.operator(), 0, d.value(), true, mask, out);
      }
    }
    return out;
  }

  /** Test of a string. */
  private interface BytesTest {
    boolean test(byte[] b, int from, int to);
  }

  private static void byteTest(Piece p, long[] mask, long[] out, BytesTest test) {
    TextTable texts = p.texts();
    if (texts == null) {
      return;
    }
    byte[] matches = new byte[texts.count()]; // 0 unknown, 1 fits, 2 does not
    long[] bits = p.bits();
    for (int i = 0; i < p.count(); i++) {
      int row = p.row(i);
      if (!has(mask, row)) {
        continue;
      }
      int code = (int) bits[i];
      if (matches[code] == 0) {
        boolean fits = test.test(texts.bytes, texts.starts[code], texts.starts[code + 1]);
        matches[code] = (byte) (fits ? 1 : 2);
      }
      if (matches[code] == 1) {
        set(out, row);
      }
    }
  }

  private static void text(Piece p, SpanFilter.Operator op, byte[] want, long[] mask, long[] out) {
    switch (op) {
      case EQUAL ->
          byteTest(
              p,
              mask,
              out,
              (b, from, to) ->
                  to - from == want.length && Arrays.equals(b, from, to, want, 0, want.length));
      case NOT_EQUAL ->
          byteTest(
              p,
              mask,
              out,
              (b, from, to) ->
                  to - from != want.length || !Arrays.equals(b, from, to, want, 0, want.length));
      default ->
          byteTest(
              p,
              mask,
              out,
              (b, from, to) -> fits(op, Arrays.compareUnsigned(b, from, to, want, 0, want.length)));
    }
  }

  private static boolean fits(SpanFilter.Operator op, int order) {
    return switch (op) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case LESS_OR_EQUAL -> order <= 0;
      case GREATER -> order > 0;
      case GREATER_OR_EQUAL -> order >= 0;
    };
  }

  private static void number(
      Piece p,
      SpanFilter.Operator op,
      long integer,
      double real,
      boolean isReal,
      long[] mask,
      long[] out) {
    if (p.type() == SpanColumn.INT) {
      if (isReal) {
        integers(p, op, real, mask, out);
      } else {
        integers(p, op, integer, mask, out);
      }
    } else if (p.type() == SpanColumn.DOUBLE) {
      for (int i = 0; i < p.count(); i++) {
        int row = p.row(i);
        if (has(mask, row)) {
          double v = Double.longBitsToDouble(p.bits()[i]);
          boolean isNumber = !Double.isNaN(v) && !(isReal && Double.isNaN(real));
          boolean fits =
              isNumber
                  ? fits(op, isReal ? order(v, real) : -order(integer, v))
                  : op == SpanFilter.Operator.NOT_EQUAL;
          if (fits) {
            set(out, row);
          }
        }
      }
    }
  }

  private static int order(double a, double b) {
    return a < b ? -1 : a > b ? 1 : 0;
  }

  /** Order of an integer and a double by their exact values. */
  private static int order(long a, double b) {
    if (Double.isInfinite(b)) {
      return b > 0 ? -1 : 1;
    }
    if (Math.abs(b) < 1L << 53 && Math.abs(a) < 1L << 53) {
      return order((double) a, b);
    }
    return BigDecimal.valueOf(a).compareTo(new BigDecimal(b));
  }

  /** Compares integers with a double: by a bound that is an integer. */
  private static void integers(
      Piece p, SpanFilter.Operator op, double bound, long[] mask, long[] out) {
    if (Double.isNaN(bound)) {
      if (op == SpanFilter.Operator.NOT_EQUAL) {
        range(p, Long.MIN_VALUE, Long.MAX_VALUE, mask, out);
      }
      return;
    }
    double floor = Math.floor(bound);
    boolean isWhole = floor == bound;
    if (bound >= 0x1p63 || bound < -0x1p63) { // all integers are on one side
      int order = bound > 0 ? -1 : 1;
      if (fits(op, order)) {
        range(p, Long.MIN_VALUE, Long.MAX_VALUE, mask, out);
      }
      return;
    }
    long n = (long) floor;
    switch (op) {
      case EQUAL -> {
        if (isWhole) {
          range(p, n, n, mask, out);
        }
      }
      case NOT_EQUAL -> {
        if (isWhole) {
          integers(p, op, n, mask, out);
        } else {
          range(p, Long.MIN_VALUE, Long.MAX_VALUE, mask, out);
        }
      }
      case LESS -> integers(p, isWhole ? op : SpanFilter.Operator.LESS_OR_EQUAL, n, mask, out);
      case LESS_OR_EQUAL -> integers(p, op, n, mask, out);
      case GREATER -> integers(p, op, n, mask, out);
      case GREATER_OR_EQUAL ->
          integers(p, isWhole ? op : SpanFilter.Operator.GREATER, n, mask, out);
    }
  }

  private static void integers(
      Piece p, SpanFilter.Operator op, long bound, long[] mask, long[] out) {
    switch (op) {
      case EQUAL -> range(p, bound, bound, mask, out);
      case NOT_EQUAL -> {
        if (bound != Long.MIN_VALUE) {
          range(p, Long.MIN_VALUE, bound - 1, mask, out);
        }
        if (bound != Long.MAX_VALUE) {
          range(p, bound + 1, Long.MAX_VALUE, mask, out);
        }
      }
      case LESS -> {
        if (bound != Long.MIN_VALUE) {
          range(p, Long.MIN_VALUE, bound - 1, mask, out);
        }
      }
      case LESS_OR_EQUAL -> range(p, Long.MIN_VALUE, bound, mask, out);
      case GREATER -> {
        if (bound != Long.MAX_VALUE) {
          range(p, bound + 1, Long.MAX_VALUE, mask, out);
        }
      }
      case GREATER_OR_EQUAL -> range(p, bound, Long.MAX_VALUE, mask, out);
    }
  }

  /** Rows with an integer or boolean in a range, both ends inclusive. */
  private static void range(Piece p, long low, long high, long[] mask, long[] out) {
    long[] bits = p.bits();
    int[] rows = p.rows();
    int n = p.count();
    if (rows == null) {
      for (int w = 0; w < out.length; w++) {
        if (mask[w] == 0) {
          continue;
        }
        long fit = 0;
        int end = Math.min(64, n - (w << 6));
        for (int i = 0; i < end; i++) {
          long v = bits[(w << 6) + i];
          fit |= ((v >= low ? 1L : 0L) & (v <= high ? 1L : 0L)) << i; // no branches
        }
        out[w] |= fit & mask[w];
      }
      return;
    }
    for (int i = 0; i < n; i++) {
      if (bits[i] >= low && bits[i] <= high && has(mask, rows[i])) {
        set(out, rows[i]);
      }
    }
  }
}
