package dev.tethys.app.server;

import dev.tethys.collect.push.PushApi;
import dev.tethys.collect.push.PushGroups;
import dev.tethys.collect.push.PushOptions;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Set;
import java.util.TreeMap;

/**
 * A push gateway inside the server, below {@code /pushgateway}; its groups are a file in the data
 * folder. Pushed metrics become series when a job scrapes them, as with a separate Pushgateway.
 */
final class EmbeddedPushgateway implements AutoCloseable {
  static final String PREFIX = "/pushgateway";

  /** Flags of the server that concern it. */
  private static final Set<String> SHOWN =
      Set.of("web.enable-admin-api", "pushgateway.group-ttl", "pushgateway.sum-counters");

  private static final String FILE = "pushgateway.data";
  private static final System.Logger LOG = JulLogger.of(EmbeddedPushgateway.class.getName());

  private final PushGroups groups;
  private final PushApi api;

  EmbeddedPushgateway(FlagSet flags, Path folder) {
    Registry own = new Registry();
    PushOptions options =
        new PushOptions(
            folder.resolve(FILE),
            true,
            NameScheme.UTF8,
            Duration.ofMillis(flags.millis("pushgateway.group-ttl")),
            flags.bool("pushgateway.sum-counters"));
    try {
      this.groups = new PushGroups(options, InstantSource.system(), own);
    } catch (IOException e) {
      throw new UsageException(
          "tethys server: --web.enable-pushgateway: " + IoFailures.describe(e));
    }
    this.api = new PushApi(groups, own);
  }

  void routes(Routes routes, FlagSet all) {
    TreeMap<String, String> flags = new TreeMap<>(all.values());
    flags.keySet().retainAll(SHOWN);
    BuildInfo b = BuildInfo.current();
    TreeMap<String, String> build = new TreeMap<>();
    build.put("version", b.version());
    build.put("revision", b.revision());
    api.pushes(routes, PREFIX);
    api.state(routes, PREFIX, flags, build, Instant.now(), all.bool("web.enable-admin-api"));
    routes
        .get(PREFIX + "/-/healthy", (q, r) -> r.send("OK"))
        .get(PREFIX + "/-/ready", (q, r) -> r.send("OK"))
        .get(PREFIX + "/metrics", (q, r) -> MetricsPage.answer(q, r, api.gather()));
  }

  @Override
  public void close() {
    try {
      groups.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the file of pushed groups: {0}", IoFailures.describe(e));
    }
  }
}
