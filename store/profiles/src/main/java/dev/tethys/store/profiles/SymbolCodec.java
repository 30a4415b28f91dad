package dev.tethys.store.profiles;

import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Texts;
import dev.tethys.model.profiles.Tuples;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Writes and reads {@link ProfileSymbols}.
 *
 * <pre>
 * strings: uvarint number, the length of each as uvarint, then their UTF-8
 * table of rows of one length: uvarint rows, then column by column: svarint value - that of the row before
 * table of rows of any length: uvarint rows, the length of each as uvarint, then svarint values
 * </pre>
 *
 * The reader checks that references are in range and that parents come before their children, so
 * that damage causes neither a cycle nor an index that does not exist.
 */
final class SymbolCodec {
  static final int MAPPING = 6;
  static final int FUNCTION = 4;
  static final int NODE = 2;

  private SymbolCodec() {}

  /** Writes all tables, one after another. */
  static void write(ProfileSymbols s, ByteSink out) {
    strings(s.strings(), out);
    fixed(s.mappings(), MAPPING, out);
    fixed(s.functions(), FUNCTION, out);
    rows(s.locations(), out);
    fixed(s.nodes(), NODE, out);
    rows(s.attributes(), out);
  }

  /** Reads the output of {@link #write}. */
  static ProfileSymbols read(ByteSource in) {
    return checked(in, in, in, in, in, in);
  }

  /** Reads tables, each from its own source. */
  static ProfileSymbols checked(
      ByteSource strings,
      ByteSource mappings,
      ByteSource functions,
      ByteSource locations,
      ByteSource nodes,
      ByteSource attributes) {
    ProfileSymbols s =
        new ProfileSymbols(
            strings(strings),
            fixed(mappings, MAPPING),
            fixed(functions, FUNCTION),
            rows(locations),
            fixed(nodes, NODE),
            rows(attributes));
    check(s);
    return s;
  }

  static void strings(Texts t, ByteSink out) {
    out.uvarint(t.count());
    for (int i = 0; i < t.count(); i++) {
      out.uvarint(t.length(i));
    }
    out.put(t.data(), 0, t.starts()[t.count()]);
  }

  private static Texts strings(ByteSource in) {
    int n = in.count();
    int[] starts = new int[n + 1];
    for (int i = 0; i < n; i++) {
      starts[i + 1] = starts[i] + in.count(in.remaining() - (long) starts[i]);
    }
    return new Texts(in.bytes(starts[n]), starts, n);
  }

  static void fixed(Tuples t, int width, ByteSink out) {
    int n = t.count();
    out.uvarint(n);
    long[] data = t.data(); // row i starts at i * width
    for (int c = 0; c < width; c++) {
      long before = 0;
      for (int i = 0, at = c; i < n; i++, at += width) {
        long v = data[at];
        out.svarint(v - before);
        before = v;
      }
    }
  }

  private static Tuples fixed(ByteSource in, int width) {
    int n = in.count();
    long[] data = new long[Math.multiplyExact(n, width)];
    int[] starts = new int[n + 1];
    for (int i = 0; i <= n; i++) {
      starts[i] = i * width;
    }
    for (int c = 0; c < width; c++) {
      long v = 0;
      for (int i = 0; i < n; i++) {
        v += in.svarint();
        data[i * width + c] = v;
      }
    }
    return new Tuples(data, starts, n);
  }

  static void rows(Tuples t, ByteSink out) {
    out.uvarint(t.count());
    for (int i = 0; i < t.count(); i++) {
      out.uvarint(t.length(i));
    }
    int n = t.starts()[t.count()];
    long[] data = t.data();
    for (int i = 0; i < n; i++) {
      out.svarint(data[i]);
    }
  }

  private static Tuples rows(ByteSource in) {
    int n = in.count();
    int[] starts = new int[n + 1];
    for (int i = 0; i < n; i++) {
      starts[i + 1] = Math.addExact(starts[i], in.count());
    }
    if (starts[n] > in.remaining()) {
      throw new CorruptionException(
          "table of " + starts[n] + " values has " + in.remaining() + " bytes");
    }
    long[] data = new long[starts[n]];
    for (int i = 0; i < data.length; i++) {
      data[i] = in.svarint();
    }
    return new Tuples(data, starts, n);
  }

  private static void check(ProfileSymbols s) {
    int strings = s.stringCount();
    require(strings > 0 && s.attributes().count() > 0 && s.nodes().count() > 0, "tables are empty");
    column(s.mappings(), MAPPING, 3, strings);
    column(s.mappings(), MAPPING, 4, strings);
    for (int c = 0; c < 3; c++) {
      column(s.functions(), FUNCTION, c, strings);
    }
    Tuples l = s.locations();
    for (int i = 0; i < l.count(); i++) {
      int n = l.length(i) - ProfileSymbols.LOCATION_HEAD;
      require(n >= 0 && n % ProfileSymbols.LINE == 0, "a location has a wrong length");
      within(l.get(i, 0), s.mappings().count());
      for (int at = 0; at < n; at += ProfileSymbols.LINE) {
        within(l.get(i, ProfileSymbols.LOCATION_HEAD + at), s.functions().count());
      }
    }
    for (int i = 1; i < s.nodes().count(); i++) {
      within(s.nodes().get(i, 0), i);
      within(s.nodes().get(i, 1), l.count());
    }
    Tuples a = s.attributes();
    for (int i = 0; i < a.count(); i++) {
      require(a.length(i) % ProfileSymbols.ATTRIBUTE == 0, "attributes have a wrong length");
      for (int at = 0; at < a.length(i); at += ProfileSymbols.ATTRIBUTE) {
        within(a.get(i, at), strings);
        within(a.get(i, at + 1), 3);
        within(
            a.get(i, at + 2), a.get(i, at + 1) == ProfileSymbols.TEXT ? strings : Long.MAX_VALUE);
        within(a.get(i, at + 3), strings);
      }
    }
  }

  private static void column(Tuples t, int width, int column, int max) {
    for (int i = column; i < t.count() * width; i += width) {
      within(t.data()[i], max);
    }
  }

  private static void within(long v, long max) {
    require(
        max == Long.MAX_VALUE || v >= 0 && v < max, "a symbol refers to one that does not exist");
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new CorruptionException("symbols of profiles: " + what);
    }
  }
}
