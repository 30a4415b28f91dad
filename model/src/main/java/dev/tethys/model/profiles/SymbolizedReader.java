package dev.tethys.model.profiles;

import dev.tethys.model.access.Scope;
import dev.tethys.model.profiles.AddressSymbols.Frame;
import dev.tethys.model.profiles.AddressSymbols.Mapped;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Passes profiles on with names of functions for addresses that have none and whose file has a
 * build id. Profiles of a segment that has such addresses are collected up to a size first, so that
 * only addresses of selected profiles are looked up. Not thread-safe.
 */
final class SymbolizedReader implements ProfileReader {
  private static final int MAX_COLLECTED = 8 << 20;

  /** Maximum bytes of names per segment; further addresses stay unnamed. */
  private static final long MAX_NAMES = 64 << 20;

  private static final int MAPPING_FLAGS = 5;
  private static final int WITH_LINES =
      ProfileSymbols.HAS_FILENAMES
          | ProfileSymbols.HAS_LINE_NUMBERS
          | ProfileSymbols.HAS_INLINE_FRAMES;

  private final ProfileReader to;
  private final AddressSymbols source;
  private final Scope scope;
  private final BooleanSupplier stopped;
  private ProfileSymbols symbols = new ProfileSymbolTable().view();
  private boolean passes = true;
  private ProfileRows rows = new ProfileRows();
  private boolean[] used = {};
  private final Samples samples = new Samples();

  SymbolizedReader(ProfileReader to, AddressSymbols source, Scope scope, BooleanSupplier stopped) {
    this.to = to;
    this.source = source;
    this.scope = scope;
    this.stopped = stopped;
  }

  @Override
  public boolean needsSamples() {
    return to.needsSamples();
  }

  @Override
  public void begin(ProfileSymbols of) {
    symbols = of;
    passes = !needsSamples() || !hasUnnamed(of);
    if (passes) {
      to.begin(of);
    } else {
      rows = new ProfileRows();
      used = new boolean[of.nodes().count()];
    }
  }

  private static boolean hasUnnamed(ProfileSymbols of) {
    for (int i = 1; i < of.locations().count(); i++) {
      if (isUnnamed(of, i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isUnnamed(ProfileSymbols of, int location) {
    return of.locations().length(location) == ProfileSymbols.LOCATION_HEAD
        && of.locations().get(location, 1) != 0
        && of.mappings().get((int) of.locations().get(location, 0), 4) != 0;
  }

  @Override
  public void profile(int series, ProfileRows of, int row, Samples its) {
    if (passes) {
      to.profile(series, of, row, its);
      return;
    }
    rows.add(series, of.times[row], of.durations[row], of.periods[row], of.metas[row], its);
    for (int i = 0; i < its.count; i++) {
      used[its.stacks[i]] = true;
    }
    if (rows.size() > MAX_COLLECTED) {
      pass();
      rows = new ProfileRows();
      Arrays.fill(used, false);
    }
  }

  @Override
  public void end() {
    if (passes) {
      to.end();
    } else if (rows.count > 0) {
      pass();
    }
  }

  private void pass() {
    to.begin(named());
    for (int row = 0; row < rows.count; row++) {
      rows.read(row, samples);
      to.profile(rows.series[row], rows, row, samples);
    }
    to.end();
  }

  /** The symbols with names for the addresses of the collected profiles. */
  private ProfileSymbols named() {
    Tuples nodes = symbols.nodes();
    Map<Integer, List<Integer>> byMapping = new LinkedHashMap<>();
    boolean[] seen = new boolean[symbols.locations().count()];
    for (int i = nodes.count() - 1; i > 0; i--) {
      if (!used[i]) {
        continue;
      }
      used[(int) nodes.get(i, 0)] = true;
      int location = (int) nodes.get(i, 1);
      if (!seen[location] && isUnnamed(symbols, location)) {
        int mapping = (int) symbols.locations().get(location, 0);
        byMapping.computeIfAbsent(mapping, _ -> new ArrayList<>()).add(location);
      }
      seen[location] = true;
    }
    NamedLocations named = new NamedLocations(symbols);
    byMapping.forEach(
        (mapping, locations) -> {
          Tuples m = symbols.mappings();
          Mapped file =
              new Mapped(
                  symbols.string(m.get(mapping, 4)),
                  symbols.string(m.get(mapping, 3)),
                  m.get(mapping, 0),
                  m.get(mapping, 1),
                  m.get(mapping, 2));
          long[] addresses =
              locations.stream().mapToLong(l -> symbols.locations().get(l, 1)).toArray();
          List<List<Frame>> frames = source.frames(scope, file, addresses, stopped);
          for (int i = 0; i < addresses.length; i++) {
            named.put(locations.get(i), frames.get(i));
          }
        });
    return named.symbols();
  }

  /** Symbols in which some locations have additional lines; indexes stay the same. */
  private static final class NamedLocations {
    private final ProfileSymbols of;
    private final TextTable texts = new TextTable();
    private final TupleTable functions = new TupleTable();
    private final Map<Integer, long[]> lines = new LinkedHashMap<>();
    private final Map<Integer, Integer> flagsByMapping = new LinkedHashMap<>();

    NamedLocations(ProfileSymbols of) {
      this.of = of;
      functions.intern(new long[4], 4); // index 0 is none
    }

    void put(int location, List<Frame> frames) {
      if (frames.isEmpty() || texts.bytes() > MAX_NAMES) {
        return;
      }
      int flags = ProfileSymbols.HAS_FUNCTIONS;
      long[] out = new long[frames.size() * ProfileSymbols.LINE];
      for (int i = 0; i < frames.size(); i++) {
        Frame f = frames.get(i);
        long[] function = {text(f.function()), text(f.symbol()), text(f.file()), 0};
        int row = functions.intern(function, 4);
        out[i * ProfileSymbols.LINE] = row == 0 ? 0 : of.functions().count() + row - 1L;
        out[i * ProfileSymbols.LINE + 1] = f.line();
        flags |= f.file().isEmpty() ? 0 : WITH_LINES;
      }
      lines.put(location, out);
      flagsByMapping.merge((int) of.locations().get(location, 0), flags, (a, b) -> a | b);
    }

    private long text(String s) {
      return s.isEmpty() ? 0 : of.stringCount() + (long) texts.intern(s);
    }

    ProfileSymbols symbols() {
      if (lines.isEmpty()) {
        return of;
      }
      Texts more = texts.view();
      Texts t = of.strings();
      int bytes = t.starts()[t.count()];
      byte[] data = Arrays.copyOf(t.data(), bytes + more.starts()[more.count()]);
      System.arraycopy(more.data(), 0, data, bytes, data.length - bytes);
      int[] starts = Arrays.copyOf(t.starts(), t.count() + more.count() + 1);
      for (int i = 1; i <= more.count(); i++) {
        starts[t.count() + i] = bytes + more.starts()[i];
      }
      return new ProfileSymbols(
          new Texts(data, starts, t.count() + more.count()),
          mappings(),
          functions(),
          locations(),
          of.nodes(),
          of.attributes());
    }

    private Tuples mappings() {
      Tuples m = of.mappings();
      long[] data = Arrays.copyOf(m.data(), m.starts()[m.count()]);
      flagsByMapping.forEach(
          (mapping, flags) -> data[m.starts()[mapping] + MAPPING_FLAGS] |= flags);
      return new Tuples(data, m.starts(), m.count());
    }

    private Tuples functions() {
      Tuples f = of.functions();
      Tuples more = functions.view();
      int added = more.count() - 1;
      int values = f.starts()[f.count()];
      long[] data = Arrays.copyOf(f.data(), values + 4 * added);
      System.arraycopy(more.data(), 4, data, values, 4 * added);
      int[] starts = Arrays.copyOf(f.starts(), f.count() + added + 1);
      for (int i = 1; i <= added; i++) {
        starts[f.count() + i] = values + 4 * i;
      }
      return new Tuples(data, starts, f.count() + added);
    }

    private Tuples locations() {
      Tuples l = of.locations();
      int more = lines.values().stream().mapToInt(a -> a.length).sum();
      long[] data = new long[l.starts()[l.count()] + more];
      int[] starts = new int[l.count() + 1];
      int at = 0;
      for (int i = 0; i < l.count(); i++) {
        starts[i] = at;
        System.arraycopy(l.data(), l.starts()[i], data, at, l.length(i));
        at += l.length(i);
        long[] its = lines.get(i);
        if (its != null) {
          System.arraycopy(its, 0, data, at, its.length);
          at += its.length;
        }
      }
      starts[l.count()] = at;
      return new Tuples(data, starts, l.count());
    }
  }
}
