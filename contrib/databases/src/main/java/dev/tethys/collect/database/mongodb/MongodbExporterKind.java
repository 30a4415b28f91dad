package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.FlagsAndEnvironment;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code tethys exporter mongodb}: compatible with mongodb_exporter, its flags and environment
 * variables.
 */
public final class MongodbExporterKind implements ExporterKind {
  private static final String URI = "mongodb.uri";
  private static final String COLLECTOR = "collector.";

  @Override
  public String name() {
    return "mongodb";
  }

  @Override
  public String title() {
    return "MongoDB Exporter";
  }

  @Override
  public String program() {
    return "mongodb_exporter";
  }

  @Override
  public String address() {
    return ":9216";
  }

  @Override
  public String about() {
    return "Reports metrics of MongoDB servers as mongodb_exporter does.";
  }

  @Override
  public String probePath() {
    return "/scrape";
  }

  @Override
  public List<ExporterFlag> flags() {
    List<ExporterFlag> f = new ArrayList<>();
    f.add(
        ExporterFlag.of(URI, Kind.SECRET, "", "Connection URIs of MongoDB, separated by commas."));
    f.add(
        ExporterFlag.of(
            "mongodb.user", Kind.STRING, "", "Username, for URIs without credentials."));
    f.add(
        ExporterFlag.of(
            "mongodb.password", Kind.SECRET, "", "Password, for URIs without credentials."));
    f.add(
        on(
            "mongodb.direct-connect",
            true,
            "Connect directly to the single host of a URI, whichever member of a replica set it"
                + " is."));
    f.add(
        number(
            "mongodb.connect-timeout-ms",
            "5000",
            "Connect timeout in milliseconds, for URIs without one."));
    f.add(
        text(
            "mongodb.collstats-colls",
            "Collections of collector.collstats, as database.collection, separated by commas."));
    f.add(text("mongodb.indexstats-colls", "Collections of collector.indexstats."));
    f.add(on("discovering-mode", false, "Discover collections; the lists are then patterns."));
    f.add(on("split-cluster", false, "Show each host of a URI as a separate target."));
    f.add(on("compatible-mode", false, "Also report the metric names of mongodb_exporter 0.1x."));
    f.add(on("collect-all", false, "Enable all collectors and discovering mode."));
    for (MongodbCollector c : MongodbCollector.values()) {
      f.add(on(COLLECTOR + c.text(), false, c.help()));
    }
    f.add(on("collector.diagnosticdata-histograms", false, "Report buckets of getDiagnosticData."));
    f.add(on("collector.dbstatsfreestorage", false, "Report free space of databases."));
    f.add(
        on("collector.collstats-enable-details", false, "Report indexes and storage engine too."));
    f.add(
        number(
            "collector.collstats-limit",
            "0",
            "Disable collstats, indexstats, dbstats, topmetrics and profile above this number of"
                + " collections; 0 for no limit."));
    f.add(
        number(
            "collector.profile-time-ts", "30", "Time range of profiled operations, in seconds."));
    f.add(
        ExporterFlag.of(
            "collector.currentopmetrics-slow-time",
            Kind.STRING,
            "5m",
            "Minimum duration of reported operations."));
    f.add(
        on(
            "metrics.overridedescendingindex",
            false,
            "Write DESC instead of -1 in names of indexes."));
    f.add(
        number(
            "web.timeout-offset", "1", "Offset in seconds to subtract from the scrape timeout."));
    f.add(on("collector.exporter-metrics", true, "Also report metrics of the exporter's process."));
    f.add(on("mongodb.global-conn-pool", false, "Keep connections open between scrapes."));
    f.add(
        ExporterFlag.refused(
            "web.config", Kind.STRING, "", "of a program alone, where it is --web.config.file"));
    return List.copyOf(f);
  }

  /** Replaces mongodb_exporter's flag {@code web.config} by the common {@code web.config.file}. */
  @Override
  public List<String> arguments(List<String> args, Function<String, @Nullable String> environment) {
    return args.stream()
        .map(a -> a.replaceFirst("^--?web\\.config(?==|$)", "--web.config.file"))
        .toList();
  }

  private static ExporterFlag on(String name, boolean otherwise, String help) {
    return ExporterFlag.of(name, Kind.BOOLEAN, String.valueOf(otherwise), help);
  }

  private static ExporterFlag text(String name, String help) {
    return ExporterFlag.of(name, Kind.STRING, "", help);
  }

  private static ExporterFlag number(String name, String otherwise, String help) {
    return ExporterFlag.of(name, Kind.INTEGER, otherwise, help);
  }

  /** Returns the environment variable used if a flag is not set. */
  private static String variable(String flag) {
    return switch (flag) {
      case URI, "mongodb.user", "mongodb.password" ->
          flag.replace('.', '_').toUpperCase(Locale.ROOT);
      default -> "";
    };
  }

  private static List<String> names(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(n -> !n.isEmpty()).toList();
  }

  private static long between(ExporterSettings s, String flag, long least, long most) {
    long v = s.integer(flag);
    if (v < least || v > most) {
      throw new IllegalArgumentException("--" + flag + " must be " + least + " to " + most);
    }
    return v;
  }

  private static @Nullable Duration slow(ExporterSettings s) {
    String text = s.get("collector.currentopmetrics-slow-time");
    try {
      return text.isEmpty() ? null : GoDurations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--collector.currentopmetrics-slow-time must be a duration such as 5m: " + e.getMessage(),
          e);
    }
  }

  @Override
  public boolean showsItsProcess(ExporterSettings s) {
    return s.bool("collector.exporter-metrics");
  }

  @Override
  public Exporter open(ExporterSettings s, ExporterDependencies dependencies) {
    FlagsAndEnvironment login =
        new FlagsAndEnvironment(s, dependencies.environment(), MongodbExporterKind::variable);
    MongodbTargets targets =
        MongodbTargets.parse(
            login.text(URI),
            login.text("mongodb.user"),
            new Secret(login.text("mongodb.password")),
            s.bool("split-cluster"));
    boolean direct = s.bool("mongodb.direct-connect");
    targets.named().stream()
        .filter(u -> Boolean.TRUE.equals(u.direct()) || (u.direct() == null && direct))
        .filter(u -> u.srv() && targets.seeds() == null || u.hosts().size() > 1)
        .findFirst()
        .ifPresent(
            u -> {
              throw new IllegalArgumentException(
                  u
                      + " is more than one host, and a direct connection is to one; give"
                      + " --no-mongodb.direct-connect or --split-cluster");
            });
    return new MongodbExporter(
        targets,
        options(s, direct, dependencies),
        s.bool("mongodb.global-conn-pool"),
        Duration.ofSeconds(between(s, "web.timeout-offset", 0, 9)));
  }

  private static MongodbOptions options(
      ExporterSettings s, boolean direct, ExporterDependencies dependencies) {
    boolean all = s.bool("collect-all");
    Set<MongodbCollector> on = EnumSet.noneOf(MongodbCollector.class);
    for (MongodbCollector c : MongodbCollector.values()) {
      if (all || s.bool(COLLECTOR + c.text())) {
        on.add(c);
      }
    }
    List<String> collstats = names(s.get("mongodb.collstats-colls"));
    List<String> indexstats = names(s.get("mongodb.indexstats-colls"));
    boolean discovering = s.bool("discovering-mode") || (all && collstats.isEmpty());
    if (discovering) {
      for (List<String> some : List.of(collstats, indexstats)) {
        some.forEach(n -> Namespace.pattern(Namespace.parse(n).collection()));
      }
    }
    return new MongodbOptions(
        direct,
        Duration.ofMillis(between(s, "mongodb.connect-timeout-ms", 1, 600_000)),
        dependencies.environment(),
        on,
        s.bool("compatible-mode"),
        new MongodbOptions.Collections(
            discovering,
            collstats,
            indexstats,
            between(s, "collector.collstats-limit", 0, Integer.MAX_VALUE)),
        new MongodbOptions.Details(
            s.bool("collector.diagnosticdata-histograms"),
            all || s.bool("collector.dbstatsfreestorage"),
            s.bool("collector.collstats-enable-details"),
            s.bool("metrics.overridedescendingindex"),
            Duration.ofSeconds(between(s, "collector.profile-time-ts", 0, 31_536_000)),
            slow(s)));
  }
}
