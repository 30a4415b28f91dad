package dev.tethys.collect.scrape;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code profiling_config} of a job, as in Pyroscope and Parca.
 *
 * @param pathPrefix path prefix of each kind
 * @param kinds enabled kinds by name, such as {@code process_cpu}
 */
public record ProfilingConfig(String pathPrefix, SequencedMap<String, Kind> kinds) {
  /**
   * Configured profile type.
   *
   * @param delta whether the target computes the difference over the period given by the parameter
   *     {@code seconds}
   * @param keep sample types to keep by type; empty for all
   */
  public record Kind(String path, boolean delta, Set<String> keep) {}

  /** Kinds of Go's {@code net/http/pprof} and of fgprof, with Parca's names and paths. */
  private static final SequencedMap<String, Kind> KNOWN = known();

  private static final Set<String> DISABLED = Set.of("fgprof");

  /** Kind as configured, null if unset. */
  private record ConfiguredKind(
      @Nullable Boolean enabled,
      @Nullable String path,
      @Nullable Boolean delta,
      List<String> keep) {}

  private static final Section KIND =
      new Section("pprof_config_kind", "Profile type of profiling_config.");
  private static final Key<Boolean> ENABLED =
      KIND.optional(
          "enabled",
          Type.BOOL,
          "If true, the profile type is scraped. Default true, false for fgprof.");
  private static final Key<String> PATH =
      KIND.optional("path", Type.STRING, "Path of the profile type, after path_prefix.");
  private static final Key<Boolean> DELTA =
      KIND.optional(
          "delta",
          Type.BOOL,
          "The target profiles for the interval, given as parameter seconds. Default true for"
              + " process_cpu and fgprof. Without it, counters are stored as the difference to the"
              + " profile before.");
  private static final Key<List<String>> KEEP =
      KIND.key(
          "keep_sample_type",
          Type.list(Type.STRING),
          List.of(),
          "Sample types to keep, such as inuse_space; all if empty.");

  private static final Section SECTION =
      new Section("profiling_config", "Profile types to scrape.");
  private static final Key<String> PREFIX =
      SECTION.key("path_prefix", Type.STRING, "", "Path prefix of the profile types.");
  private static final Key<Map<String, ConfiguredKind>> KINDS =
      SECTION.key(
          "pprof_config",
          Type.map(KIND.type(ProfilingConfig::written)),
          Map.of(),
          "Profile types by name: memory, block, goroutine, mutex, process_cpu, fgprof, or others"
              + " with a path.");

  /** Type that reads this section. */
  static final Type<ProfilingConfig> TYPE = SECTION.type(ProfilingConfig::read);

  /** The sections, for the reference. */
  public static List<Section> sections() {
    return List.of(SECTION, KIND);
  }

  private static SequencedMap<String, Kind> known() {
    SequencedMap<String, Kind> m = new LinkedHashMap<>();
    m.put("memory", new Kind("/debug/pprof/allocs", false, Set.of()));
    m.put("block", new Kind("/debug/pprof/block", false, Set.of()));
    m.put("goroutine", new Kind("/debug/pprof/goroutine", false, Set.of()));
    m.put("mutex", new Kind("/debug/pprof/mutex", false, Set.of()));
    m.put("process_cpu", new Kind("/debug/pprof/profile", true, Set.of()));
    m.put("fgprof", new Kind("/debug/fgprof", true, Set.of()));
    return m;
  }

  private static ConfiguredKind written(YamlObject o) {
    return new ConfiguredKind(o.find(ENABLED), o.find(PATH), o.find(DELTA), o.get(KEEP));
  }

  private static ProfilingConfig read(YamlObject o) {
    Map<String, ConfiguredKind> written = o.get(KINDS);
    SequencedMap<String, Kind> all = new LinkedHashMap<>();
    Set<String> names = new TreeSet<>(KNOWN.keySet());
    names.addAll(written.keySet());
    for (String name : names) {
      ConfiguredKind w =
          written.getOrDefault(name, new ConfiguredKind(null, null, null, List.of()));
      boolean enabled =
          w.enabled == null ? !DISABLED.contains(name) || written.containsKey(name) : w.enabled;
      if (!enabled) {
        continue;
      }
      Kind d = KNOWN.get(name);
      String path = w.path != null ? w.path : d == null ? "" : d.path;
      if (path.isEmpty()) {
        throw o.error(
            KINDS,
            "kind "
                + name
                + " has no path; known kinds without one are "
                + String.join(", ", KNOWN.keySet()));
      }
      boolean delta = w.delta != null ? w.delta : d != null && d.delta;
      all.put(name, new Kind(path, delta, Set.copyOf(w.keep)));
    }
    if (all.isEmpty()) {
      throw o.error(KINDS, "no kind is enabled; enable one or remove the job");
    }
    return new ProfilingConfig(o.get(PREFIX), all);
  }

  /** The section as a tree to be written. */
  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("path_prefix", pathPrefix.isEmpty() ? null : pathPrefix);
    Map<String, @Nullable Object> of = new LinkedHashMap<>();
    Set<String> names = new TreeSet<>(KNOWN.keySet());
    names.addAll(kinds.keySet());
    for (String name : names) {
      Kind k = kinds.get(name);
      Map<String, @Nullable Object> one = new LinkedHashMap<>();
      one.put("enabled", k != null);
      if (k != null) {
        one.put("path", k.path);
        one.put("delta", k.delta);
        one.put("keep_sample_type", k.keep.isEmpty() ? null : k.keep.stream().sorted().toList());
      }
      of.put(name, one);
    }
    m.put("pprof_config", of);
    return m;
  }

  /** Returns the job that scrapes one kind of profile from its targets. */
  ScrapeConfig job(ScrapeConfig of, Kind kind) {
    String path = pathPrefix + kind.path;
    return of.withPath(
        path, kind.delta ? Map.of("seconds", List.of(Long.toString(seconds(of)))) : Map.of());
  }

  /**
   * Returns how many seconds a target records a profile; the next request follows one second later.
   */
  static long seconds(ScrapeConfig of) {
    return Math.max(1, of.common().interval().toSeconds() - 1);
  }
}
