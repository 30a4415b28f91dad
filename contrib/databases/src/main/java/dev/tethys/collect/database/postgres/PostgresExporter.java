package dev.tethys.collect.database.postgres;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.ConfigException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Running exporter for its own servers and for servers named by a target parameter. */
final class PostgresExporter implements Exporter {
  /** Time reserved for sending the response if the scraper announces its timeout. */
  private static final Duration WAY = Duration.ofMillis(250);

  private static final Section USERPASS = new Section("userpass", "Username and password.");
  private static final Key<String> USERNAME =
      USERPASS.key("username", Type.STRING, "", "Username.");
  private static final Key<Secret> PASSWORD =
      USERPASS.key("password", Type.SECRET, Secret.NONE, "Password.");
  private static final Section MODULE = new Section("auth_module", "Authentication module.");
  private static final Key<String> TYPE =
      MODULE.required(
          "type", Type.oneOf("type of an auth module", List.of("userpass")), "userpass.");
  private static final Key<Module> LOGIN =
      MODULE.required("userpass", USERPASS.type(PostgresExporter::login), "Username and password.");
  private static final Key<Map<String, String>> OPTIONS =
      MODULE.key("options", Type.map(Type.STRING), Map.of(), "Options of the connection.");
  private static final Section FILE =
      new Section("postgres_exporter.yml", "Authentication modules.");
  private static final Key<Map<String, Module>> MODULES =
      FILE.key(
          "auth_modules",
          Type.map(MODULE.type(PostgresExporter::module)),
          Map.of(),
          "Authentication modules by name.");

  private record Module(String user, Secret password, Map<String, String> options) {}

  private final List<PostgresDsn> sources;
  private final PostgresOptions options;
  private final @Nullable Path file;
  private final PostgresServers own;
  private final Registry about = new Registry();
  private volatile Map<String, Module> modules = Map.of();
  private volatile boolean good;
  private volatile double readAt;

  /**
   * @param file file with auth modules, or null if none
   */
  PostgresExporter(List<PostgresDsn> sources, PostgresOptions options, @Nullable Path file)
      throws IOException {
    this.sources = sources;
    this.options = options;
    this.file = file;
    this.own = new PostgresServers(sources, options);
    about.gauge(
        "postgres_exporter_config_last_reload_successful",
        "1 if the last reload of the configuration file succeeded, 0 otherwise.",
        () -> good ? 1 : 0);
    about.gauge(
        "postgres_exporter_config_last_reload_success_timestamp_seconds",
        "Time of the last successful reload of the configuration file, Unix seconds.",
        () -> readAt);
    reload();
  }

  private static Module login(YamlObject o) {
    return new Module(o.get(USERNAME), o.get(PASSWORD), Map.of());
  }

  private static Module module(YamlObject o) {
    o.get(TYPE);
    Module m = o.get(LOGIN);
    if (m.user.isEmpty() || m.password.isEmpty()) {
      throw o.error(LOGIN, "an auth module requires a username and a password");
    }
    return new Module(m.user, m.password, o.get(OPTIONS));
  }

  @Override
  public @Nullable MetricsSource metrics() {
    return sources.isEmpty() ? null : p -> own.scrape(deadline(p));
  }

  private Deadline deadline(Probe p) {
    return Deadline.in(p.limit(WAY, options.timeout()));
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of("/probe", this::probe);
  }

  private List<MetricFamily> probe(Probe p) {
    String target = p.required("target");
    String name = p.param("auth_module");
    PostgresDsn dsn;
    try {
      dsn = PostgresDsn.parse(target);
    } catch (IllegalArgumentException e) {
      throw new ProbeException(400, "could not configure dsn for target: " + e.getMessage());
    }
    if (!name.isEmpty()) {
      Module m = modules.get(name);
      if (m == null) {
        throw new ProbeException(400, "auth_module " + name + " not found");
      }
      dsn = dsn.with(m.user, m.password, m.options);
    }
    return new PostgresServers(List.of(dsn), options).scrape(deadline(p));
  }

  @Override
  public Collector about() {
    return about;
  }

  @Override
  public void reload() throws IOException {
    Path f = file;
    if (f == null) {
      return;
    }
    try {
      YamlDocument d = YamlDocument.read(f);
      modules = d.readWhole(() -> d.root().object(FILE).get(MODULES));
      good = true;
      readAt = System.currentTimeMillis() / 1000.0;
    } catch (IOException | ConfigException e) {
      good = false;
      throw e;
    }
  }

  @Override
  public boolean reloads() {
    return file != null;
  }

  @Override
  public void close() {}
}
