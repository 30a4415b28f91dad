package dev.tethys.store.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.store.events.PartFile;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Open part of profiles. Its index is read at the first use and kept; symbols are kept while there
 * is memory for them. Thread-safe.
 */
final class ProfilePart {
  private static final Samples NONE = new Samples();

  private final PartFile file;
  private @Nullable Index index;
  private @Nullable SoftReference<ProfileSymbols> symbols;

  ProfilePart(PartFile file) {
    this.file = file;
  }

  PartFile file() {
    return file;
  }

  /** Returns the number of blocks with rows. */
  int blocks() {
    return file.blocks() - 1;
  }

  /**
   * Part index.
   *
   * @param series labels by number in the part
   * @param blocks first total of each block
   * @param numbers number of the series of each total
   */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  record Index(Labels[] series, int[] blocks, int[] numbers, long[] firsts, long[] lasts) {}

  /**
   * Returns the index of the part.
   *
   * @throws CorruptionException if it is damaged
   */
  synchronized Index index() {
    Index i = index;
    if (i == null) {
      i = readIndex();
      index = i;
    }
    return i;
  }

  private Index readIndex() {
    ByteSource in = file.section(ProfileSections.SERIES);
    Labels[] series = new Labels[in.count()];
    for (int i = 0; i < series.length; i++) {
      series[i] = Labels.ofCanonicalBytes(in.sized());
    }
    ByteSource t = file.section(ProfileSections.TOTALS);
    int[] blocks = new int[Math.max(1, file.blocks())];
    int from = t.pos;
    for (int b = 0; b < blocks(); b++) {
      int n = t.count();
      t.skipNumbers(n * 4);
      blocks[b + 1] = blocks[b] + n;
    }
    t.pos = from;
    int n = blocks[blocks.length - 1];
    Index out = new Index(series, blocks, new int[n], new long[n], new long[n]);
    for (int b = 0; b < blocks(); b++) {
      t.count();
      long number = 0;
      for (int i = blocks[b]; i < blocks[b + 1]; i++) {
        number += t.uvarint();
        if (number < 0 || number >= series.length) {
          throw new CorruptionException(
              file.path() + ": totals refer to a series that is not listed");
        }
        out.numbers[i] = (int) number;
        t.uvarint();
        out.firsts[i] = file.first(b) + t.uvarint();
        out.lasts[i] = out.firsts[i] + t.uvarint();
      }
    }
    return out;
  }

  /**
   * Returns the symbols of the part.
   *
   * @throws CorruptionException if they are damaged
   */
  ProfileSymbols symbols() {
    synchronized (this) {
      SoftReference<ProfileSymbols> known = symbols;
      ProfileSymbols s = known == null ? null : known.get();
      if (s == null) {
        s = readSymbols();
        symbols = new SoftReference<>(s);
      }
      return s;
    }
  }

  private ProfileSymbols readSymbols() {
    int b = blocks();
    if (b < 0) {
      throw new CorruptionException(file.path() + ": part has no symbols");
    }
    try {
      SectionReader in = new SectionReader(file.block(b));
      try {
        return SymbolCodec.checked(
            in.source(ProfileSections.STRINGS),
            in.source(ProfileSections.MAPPINGS),
            in.source(ProfileSections.FUNCTIONS),
            in.source(ProfileSections.LOCATIONS),
            in.source(ProfileSections.NODES),
            in.source(ProfileSections.ATTRIBUTES));
      } finally {
        in.release();
      }
    } catch (CorruptionException e) {
      throw file.damaged(b, e);
    }
  }

  /** Condition on rows by the number of their series in the part. */
  @FunctionalInterface
  interface RowFilter {
    /** Returns the index of the series for the reader, or -1 to omit the row. */
    int series(int number, long time);
  }

  /**
   * Reads the rows of a block that a filter selects. Fields that are not readable are 0 or empty;
   * {@link PartFile#missing} names them.
   *
   * @throws CorruptionException if rows are not readable
   */
  void read(int b, RowFilter filter, ProfileReader to, ProfileSymbols s, BooleanSupplier stopped) {
    try {
      SectionReader in = new SectionReader(file.block(b));
      try {
        rows(b, in, filter, to, s, stopped);
      } finally {
        in.release();
      }
    } catch (CorruptionException e) {
      throw file.damaged(b, e);
    }
  }

  private void rows(
      int b,
      SectionReader in,
      RowFilter filter,
      ProfileReader to,
      ProfileSymbols s,
      BooleanSupplier stopped) {
    int n = Math.toIntExact(file.rows(b));
    boolean needsSamples = to.needsSamples();
    long lastSet = needsSamples ? s.attributes().count() - 1L : Integer.MAX_VALUE;
    Missing missing = new Missing(b, in);
    ProfileRows rows = columns(missing, n, lastSet, needsSamples);
    Samples samples = needsSamples ? new Samples() : NONE;
    ByteSource divisors = in.source(ProfileSections.DIVISORS);
    ByteSource stacks = needsSamples ? in.source(ProfileSections.STACKS) : divisors;
    boolean hasSets =
        needsSamples
            && in.length(ProfileSections.SETS) > 0
            && missing.isReadable(ProfileSections.SETS, "attributes of samples");
    ByteSource sets = hasSets ? in.source(ProfileSections.SETS) : divisors;
    ByteSource values = needsSamples ? in.source(ProfileSections.VALUES) : divisors;
    int known = s.nodes().count();
    for (int r = 0; r < n && !stopped.getAsBoolean(); r++) {
      int series = filter.series(rows.series[r], rows.times[r]);
      int count = rows.samples[r];
      if (!needsSamples) {
        if (series >= 0) {
          to.profile(series, rows, r, samples);
        }
        continue;
      }
      long divisor = divisors.uvarint();
      if (series < 0) {
        stacks.skipNumbers(count);
        values.skipNumbers(count);
        if (hasSets) {
          sets.skipNumbers(count);
        }
        continue;
      }
      samples.clear().reserve(count);
      long stack = 0;
      for (int i = 0; i < count; i++) {
        stack += stacks.svarint();
        if (stack < 0 || stack >= known) {
          throw new CorruptionException("sample has stack " + stack + " of " + known);
        }
        samples.stacks[i] = (int) stack;
        samples.attributes[i] = hasSets ? sets.count(lastSet) : 0;
        samples.values[i] = values.svarint() * divisor;
      }
      samples.count = count;
      if (missing.totals) {
        rows.totals[r] = samples.total();
      }
      to.profile(series, rows, r, samples);
    }
  }

  /** Optional sections of a block, with the names of the damaged ones. */
  private final class Missing {
    private final int block;
    private final SectionReader in;
    private final List<String> names = new ArrayList<>();
    boolean totals;

    Missing(int block, SectionReader in) {
      this.block = block;
      this.in = in;
    }

    boolean isReadable(int section, String name) {
      try {
        var unused = in.get(section);
        return true;
      } catch (CorruptionException e) {
        var logged = file.damaged(block, e);
        if (!name.isEmpty()) {
          names.add(name);
          file.setMissing(block, file.rows(block) + " profiles lack " + String.join(", ", names));
        }
        return false;
      }
    }

    /** Numbers of rows; zeros if they are not readable. */
    ByteSource numbers(int section, String name, int n) {
      return isReadable(section, name) ? in.source(section) : new ByteSource(new byte[n]);
    }
  }

  private ProfileRows columns(Missing missing, int n, long lastSet, boolean needsSamples) {
    SectionReader in = missing.in;
    ProfileRows rows = new ProfileRows();
    rows.series = new int[n];
    rows.times = new long[n];
    rows.durations = new long[n];
    rows.periods = new long[n];
    rows.totals = new long[n];
    rows.metas = new int[n];
    rows.samples = new int[n];
    ByteSource series = in.source(ProfileSections.ROW_SERIES);
    ByteSource metas = missing.numbers(ProfileSections.METAS, "attributes", n);
    ByteSource counts = in.source(ProfileSections.COUNTS);
    int known = index().series.length;
    long number = 0;
    for (int r = 0; r < n; r++) {
      number += series.uvarint();
      if (number < 0 || number >= known) {
        throw new CorruptionException("row has series " + number + " of " + known);
      }
      rows.series[r] = (int) number;
      rows.metas[r] = metas.count(lastSet);
      rows.samples[r] = counts.count(Integer.MAX_VALUE);
    }
    deltas(in.source(ProfileSections.TIMES), rows.times);
    deltas(missing.numbers(ProfileSections.DURATIONS, "durations", n), rows.durations);
    deltas(missing.numbers(ProfileSections.PERIODS, "periods", n), rows.periods);
    missing.totals = needsSamples && !missing.isReadable(ProfileSections.ROW_TOTALS, "");
    ByteSource totals =
        missing.totals ? new ByteSource(new byte[n]) : in.source(ProfileSections.ROW_TOTALS);
    for (int r = 0; r < n; r++) {
      rows.totals[r] = totals.svarint();
    }
    rows.count = n;
    return rows;
  }

  private static void deltas(ByteSource in, long[] out) {
    long v = 0;
    for (int i = 0; i < out.length; i++) {
      v += in.svarint();
      out[i] = v;
    }
  }
}
