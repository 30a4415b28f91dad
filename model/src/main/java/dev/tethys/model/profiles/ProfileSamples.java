package dev.tethys.model.profiles;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Profiles of a tenant as samples of metrics, for PromQL. The name of a series is its profile type;
 * a sample is the total of a profile at its start. Private labels are omitted. Matchers of {@link
 * #FUNCTION} reduce a total to the stacks that have a function that fits all of them.
 */
public final class ProfileSamples implements MetricSource {
  /** Name in matchers of functions of a stack. */
  public static final String FUNCTION = "__function__";

  private static final long MILLI = 1_000_000;

  /** Maximum number of samples of one selection; they are kept in memory. */
  private static final int MAX_SAMPLES = 10_000_000;

  private final Supplier<@Nullable ProfileStore> opened;
  private final Scope scope;

  /**
   * @param opened the store, null until it is open
   */
  public ProfileSamples(Supplier<@Nullable ProfileStore> opened, Scope scope) {
    this.opened = opened;
    this.scope = scope;
  }

  private ProfileStore store() {
    ProfileStore store = opened.get();
    if (store == null) {
      throw new StorageException(
          StorageException.Reason.UNAVAILABLE,
          "profile store is not open; rules of type profiles need a server with"
              + " --profiles.enabled=true");
    }
    return store;
  }

  private static List<Matcher> ofSeries(List<Matcher> matchers) {
    List<Matcher> out = new ArrayList<>();
    for (Matcher m : matchers) {
      if (m.name().equals(Labels.METRIC_NAME)) {
        out.add(Matcher.of(m.type(), ProfileLabels.PROFILE_TYPE, m.value()));
      } else if (!m.name().equals(FUNCTION)) {
        out.add(m);
      }
    }
    return out;
  }

  private static Labels shown(Labels of) {
    LabelsBuilder b = new LabelsBuilder();
    for (Labels.Label l : of.toList()) {
      if (!l.name().startsWith("__")) {
        b.set(l.name(), l.value());
      }
    }
    return b.set(Labels.METRIC_NAME, of.get(ProfileLabels.PROFILE_TYPE)).build();
  }

  private static long nanos(long millis) {
    return Math.max(Long.MIN_VALUE / MILLI, Math.min(Long.MAX_VALUE / MILLI - 1, millis)) * MILLI;
  }

  @Override
  public Selection select(SelectHints hints, List<Matcher> matchers) {
    List<Matcher> functions = matchers.stream().filter(m -> m.name().equals(FUNCTION)).toList();
    try (ProfileSelection s =
        store()
            .select(
                scope,
                ofSeries(matchers),
                nanos(hints.minTime()),
                nanos(hints.maxTime()) + MILLI)) {
      Totals totals = new Totals(functions, s.series().size());
      s.read(
          totals,
          () -> {
            Cancellation.check();
            return false;
          });
      TreeMap<Labels, TreeMap<Long, Double>> sorted = new TreeMap<>();
      for (int i = 0; i < totals.ofSeries.size(); i++) {
        if (!totals.ofSeries.get(i).isEmpty()) {
          sorted.put(shown(s.series().get(i)), totals.ofSeries.get(i));
        }
      }
      return new SamplesInMemory(
          List.copyOf(sorted.keySet()), List.copyOf(sorted.values()), List.copyOf(s.damage()));
    }
  }

  /** Adds the totals of profiles to their series. */
  private static final class Totals implements ProfileReader {
    private final List<Matcher> functions;
    private final List<TreeMap<Long, Double>> ofSeries = new ArrayList<>();
    private boolean[] fits = {}; // by node of the symbols
    private int samples;

    Totals(List<Matcher> functions, int series) {
      this.functions = functions;
      for (int i = 0; i < series; i++) {
        ofSeries.add(new TreeMap<>());
      }
    }

    @Override
    public boolean needsSamples() {
      return !functions.isEmpty();
    }

    @Override
    public void begin(ProfileSymbols s) {
      if (!needsSamples()) {
        return;
      }
      boolean[] locations = new boolean[s.locations().count()];
      for (int l = 0; l < locations.length; l++) {
        for (int line = Math.max(0, s.lines(l) - 1); line >= 0 && !locations[l]; line--) {
          String name = s.frame(l, line);
          locations[l] = functions.stream().allMatch(m -> m.matches(name));
        }
      }
      Tuples nodes = s.nodes();
      fits = new boolean[nodes.count()];
      for (int i = 1; i < fits.length; i++) {
        fits[i] = fits[(int) nodes.get(i, 0)] || locations[(int) nodes.get(i, 1)];
      }
    }

    @Override
    public void profile(int series, ProfileRows rows, int row, Samples of) {
      double value = rows.totals[row];
      if (needsSamples()) {
        value = 0;
        for (int i = 0; i < of.count; i++) {
          value += fits[of.stacks[i]] ? of.values[i] : 0;
        }
      }
      if (++samples > MAX_SAMPLES) {
        throw new StorageException(
            StorageException.Reason.LIMIT,
            "query reads more than "
                + MAX_SAMPLES
                + " profiles; use a shorter range or more matchers");
      }
      ofSeries.get(series).merge(Math.floorDiv(rows.times[row], MILLI), value, Double::sum);
    }

    @Override
    public void end() {}
  }

  /** Samples in memory. */
  private record SamplesInMemory(
      List<Labels> series, List<TreeMap<Long, Double>> samples, List<String> warnings)
      implements Selection {
    @Override
    public int size() {
      return series.size();
    }

    @Override
    public Labels labels(int number) {
      return series.get(number);
    }

    @Override
    public void read(int number, SampleBuffer into) {
      into.clear();
      samples.get(number).forEach((time, value) -> into.add(0, time, value));
    }

    @Override
    public void close() {}
  }

  @Override
  public LabelResult labelNames(long minTime, long maxTime, List<Matcher> matchers, int limit) {
    Set<String> names = new TreeSet<>();
    for (Labels l : series(minTime, maxTime, List.of(matchers), 0)) {
      l.toList().forEach(label -> names.add(label.name()));
    }
    return limited(names, limit);
  }

  @Override
  public LabelResult labelValues(
      String name, long minTime, long maxTime, List<Matcher> matchers, int limit) {
    Set<String> values = new TreeSet<>();
    for (Labels l : series(minTime, maxTime, List.of(matchers), 0)) {
      if (l.has(name)) {
        values.add(l.get(name));
      }
    }
    return limited(values, limit);
  }

  private static LabelResult limited(Set<String> all, int limit) {
    return new LabelResult(all.stream().limit(limit == 0 ? all.size() : limit).toList(), List.of());
  }

  @Override
  public List<Labels> series(
      long minTime, long maxTime, List<List<Matcher>> matcherSets, int limit) {
    Set<Labels> out = new TreeSet<>();
    for (List<Matcher> matchers : matcherSets) {
      store()
          .series(scope, ofSeries(matchers), nanos(minTime), nanos(maxTime) + MILLI)
          .forEach(l -> out.add(shown(l)));
    }
    return out.stream().limit(limit == 0 ? out.size() : limit).toList();
  }

  @Override
  public List<SeriesExemplars> exemplars(
      long minTime, long maxTime, List<List<Matcher>> matcherSets) {
    return List.of();
  }
}
