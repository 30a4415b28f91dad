package dev.tethys.api.pyroscope;

import dev.tethys.model.Labels;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.profiles.ProfileReader;
import dev.tethys.model.profiles.ProfileRows;
import dev.tethys.model.profiles.ProfileSelection;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.web.HttpException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Heat map of a selection: numbers of profiles, or of spans of profiles, by step and range of
 * values. The 20 ranges have equal width, at least 1, from the least value to the largest. As in
 * Pyroscope a slot has the values after the previous step, up to its time; those after the last
 * slot belong to it.
 *
 * <p>The selection is read twice, for the range of the values and for the counts, so that memory
 * depends on the number of slots and not of profiles.
 */
final class HeatMap {
  /** Number of value ranges. */
  static final int RANGES = 20;

  private static final int MAX_SLOTS = 100_000;

  /** Memory of a slot, and of an example, with its text in the response. */
  private static final int SLOT_BYTES = 1024;

  private static final int EXAMPLE_BYTES = 1024;
  private static final long MILLI = 1_000_000;

  /**
   * Heat map settings.
   *
   * @param start time of the first slot, Unix milliseconds
   * @param end no slot is after it
   * @param step distance of two slots in milliseconds
   * @param spans counts the spans of profiles instead of profiles
   * @param examples adds the largest of each cell
   */
  record Options(long start, long end, long step, boolean spans, boolean examples) {}

  /**
   * Profile or span with the largest value of a cell.
   *
   * @param series labels of its series
   * @param time Unix nanoseconds
   * @param span its id, empty for a profile
   */
  record Example(Labels series, long time, String span, long value) {}

  /** Counts of a slot by range, with the largest of each where examples are requested. */
  static final class Slot {
    final int[] counts = new int[RANGES];
    final @Nullable Example[] examples = new Example[RANGES];
  }

  /** Slots of a group by their time in milliseconds. */
  record Group(Labels labels, TreeMap<Long, Slot> slots) {
    /** Returns the number of profiles or spans. */
    long total() {
      long n = 0;
      for (Slot s : slots.values()) {
        for (int c : s.counts) {
          n += c;
        }
      }
      return n;
    }
  }

  private final Options options;
  private final List<Labels> series;
  private final Group[] groups; // by series
  private long least = Long.MAX_VALUE;
  private long largest = Long.MIN_VALUE;
  private double width; // of a range; values may be as far apart as any two numbers
  private int slots;

  private HeatMap(Options options, List<Labels> series, Group[] groups) {
    this.options = options;
    this.series = series;
    this.groups = groups;
  }

  /**
   * Reads a heat map.
   *
   * @param labels labels of the group that a series belongs to, by series of the selection
   * @throws HttpException 400 if there are more slots than memory is kept for
   */
  static HeatMap of(
      ProfileSelection selection, List<Labels> labels, Options options, BooleanSupplier stopped) {
    Map<Labels, Group> byLabels = new HashMap<>();
    Group[] groups = new Group[labels.size()];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = byLabels.computeIfAbsent(labels.get(i), l -> new Group(l, new TreeMap<>()));
    }
    HeatMap map = new HeatMap(options, selection.series(), groups);
    selection.read(map.new Values(map::measure), stopped);
    if (map.least <= map.largest) {
      // Ranges of integers: none is empty.
      map.width = Math.max(1, ((double) map.largest - map.least) / RANGES);
      selection.read(map.new Values(map::count), stopped);
    }
    return map;
  }

  /** Returns the groups with values, sorted by labels. */
  List<Group> groups() {
    List<Group> out = new ArrayList<>();
    for (Group g : new LinkedHashSet<>(List.of(groups))) {
      if (!g.slots.isEmpty()) {
        out.add(g);
      }
    }
    out.sort((a, b) -> a.labels.compareTo(b.labels));
    return out;
  }

  /** Returns the lower bound of each range. */
  double[] bounds() {
    double[] out = new double[RANGES];
    for (int i = 0; i < RANGES; i++) {
      out[i] = bound(i);
    }
    return out;
  }

  private double bound(int range) {
    return least + Math.floor(range * width);
  }

  /** Receives a value of a series. */
  private interface ValueHandler {
    void accept(int series, long time, String span, long value);
  }

  private void measure(int of, long time, String span, long value) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }

  private void count(int of, long time, String span, long value) {
    Slot slot = slot(groups[of], Math.floorDiv(time, MILLI));
    int range = (int) Math.min(RANGES - 1.0, ((double) value - least) / width);
    while (range + 1 < RANGES && value >= bound(range + 1)) {
      range++;
    }
    while (range > 0 && value < bound(range)) {
      range--;
    }
    slot.counts[range]++;
    Example known = slot.examples[range];
    if (options.examples && (known == null || value > known.value)) {
      if (known == null) {
        RequestMemory.charge(EXAMPLE_BYTES);
      }
      slot.examples[range] = new Example(series.get(of), time, span, value);
    }
  }

  private Slot slot(Group group, long millis) {
    long last = (options.end - options.start) / options.step;
    long number = Math.ceilDiv(Math.max(0, millis - options.start), options.step);
    long time = options.start + Math.min(number, last) * options.step;
    Slot known = group.slots.get(time);
    if (known != null) {
      return known;
    }
    if (++slots > MAX_SLOTS) {
      throw new HttpException(
          400,
          "heat map has more than "
              + MAX_SLOTS
              + " slots; use a longer step, a shorter time range or fewer groups");
    }
    RequestMemory.charge(SLOT_BYTES);
    Slot slot = new Slot();
    group.slots.put(time, slot);
    return slot;
  }

  /** Passes the total of each profile, or of each of its spans. */
  private final class Values implements ProfileReader {
    private final ValueHandler to;
    private final Map<String, Long> sums = new TreeMap<>(); // by span of one profile
    private ProfileSymbols symbols = new ProfileSymbolTable().view();
    private @Nullable String[] spans = {}; // by set of attributes, null until it is read

    Values(ValueHandler to) {
      this.to = to;
    }

    @Override
    public boolean needsSamples() {
      return options.spans;
    }

    @Override
    public void begin(ProfileSymbols of) {
      symbols = of;
      spans = new String[options.spans ? of.attributes().count() : 0];
    }

    private String span(int set) {
      String span = spans[set];
      if (span == null) {
        span = StackMerge.span(symbols, set);
        spans[set] = span;
      }
      return span;
    }

    @Override
    public void profile(int of, ProfileRows rows, int row, Samples samples) {
      if (!options.spans) {
        to.accept(of, rows.times[row], "", rows.totals[row]);
        return;
      }
      sums.clear();
      for (int i = 0; i < samples.count; i++) {
        String span = span(samples.attributes[i]);
        if (!span.isEmpty()) {
          sums.merge(span, samples.values[i], Long::sum);
        }
      }
      sums.forEach((span, value) -> to.accept(of, rows.times[row], span, value));
    }

    @Override
    public void end() {}
  }
}
