package dev.tethys.collect.database;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.config.GoDurations;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.Params;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Flags of an exporter in a test, written {@code name=value}. */
public final class Settings implements ExporterSettings {
  private final Map<String, List<String>> given = new HashMap<>();
  private final Map<String, String> defaults = new HashMap<>();

  private Settings(ExporterKind kind, String... flags) {
    List<ExporterFlag> all = new ArrayList<>(kind.flags());
    all.addAll(kind.programFlags());
    for (ExporterFlag f : all) {
      defaults.put(f.name(), f.defaultValue());
    }
    for (String f : flags) {
      String[] kv = f.split("=", 2);
      if (!defaults.containsKey(kv[0])) {
        throw new IllegalArgumentException("no flag " + kv[0]);
      }
      given.computeIfAbsent(kv[0], k -> new ArrayList<>()).add(kv[1]);
    }
  }

  /** The exporter with these flags and without an environment. */
  public static Exporter open(ExporterKind kind, String... flags) throws IOException {
    return open(kind, Map.of(), flags);
  }

  /** The exporter with these flags and an environment. */
  public static Exporter open(ExporterKind kind, Map<String, String> environment, String... flags)
      throws IOException {
    return kind.open(
        new Settings(kind, flags),
        new ExporterDependencies(
            new HttpClientFactory("test"), InstantSource.system(), environment::get));
  }

  /** Text that it prints instead of running; null if it runs. */
  public static @Nullable String printed(ExporterKind kind, String... flags) throws IOException {
    return kind.printed(new Settings(kind, flags));
  }

  /** What its page shows. */
  public static List<MetricFamily> metrics(Exporter e) throws Exception {
    return Objects.requireNonNull(e.metrics()).collect(new Probe(Params.EMPTY, null));
  }

  /** What its page shows to a scraper that waits so many seconds. */
  public static List<MetricFamily> metrics(Exporter e, String seconds) throws Exception {
    return Objects.requireNonNull(e.metrics()).collect(Probe.of(Params.EMPTY, seconds));
  }

  /** What a page of it shows for parameters, encoded as in a URL. */
  public static List<MetricFamily> probe(Exporter e, String path, String params) throws Exception {
    MetricsSource source = Objects.requireNonNull(e.probes().get(path), path);
    return source.collect(new Probe(Params.parse(params), null));
  }

  @Override
  public boolean isGiven(String flag) {
    return given.containsKey(flag);
  }

  @Override
  public String get(String flag) {
    return isGiven(flag) ? list(flag).getLast() : Objects.requireNonNull(defaults.get(flag), flag);
  }

  @Override
  public List<String> list(String flag) {
    List<String> all = given.get(flag);
    String otherwise = defaults.getOrDefault(flag, "");
    return all != null ? all : otherwise.isEmpty() ? List.of() : List.of(otherwise);
  }

  @Override
  public boolean bool(String flag) {
    return Boolean.parseBoolean(get(flag));
  }

  @Override
  public long integer(String flag) {
    return Long.parseLong(get(flag));
  }

  @Override
  public double number(String flag) {
    return Double.parseDouble(get(flag));
  }

  @Override
  public long millis(String flag) {
    return GoDurations.parse(get(flag)).toMillis();
  }

  @Override
  public @Nullable YamlNode inlineConfig() {
    return null;
  }
}
