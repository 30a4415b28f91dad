package dev.tethys.app.server;

import dev.tethys.api.prometheus.Readiness;
import dev.tethys.api.prometheus.ServerView;
import dev.tethys.api.prometheus.StoreForecast;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.FlagSet;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** Status of the process for the API. */
final class ServerStatus implements ServerView {
  private final FlagSet flags;
  private final Set<Features> features;
  private final Configuration configuration;
  private final Reloads reloads;
  private final Supplier<String> retention;
  private final URI externalUrl;
  private final Supplier<List<StoreForecast>> stores;
  private final Instant started = Instant.now();
  private final AtomicBoolean quitting = new AtomicBoolean();
  private volatile Readiness readiness = Readiness.STARTING;
  private volatile int port;
  private volatile long corruptions;

  ServerStatus(
      FlagSet flags,
      Set<Features> features,
      Configuration configuration,
      Reloads reloads,
      Supplier<String> retention,
      URI externalUrl,
      Supplier<List<StoreForecast>> stores) {
    this.stores = stores;
    this.flags = flags;
    this.features = features;
    this.configuration = configuration;
    this.reloads = reloads;
    this.retention = retention;
    this.externalUrl = externalUrl;
  }

  void listensOn(int listenPort) {
    port = listenPort;
  }

  void ready(long corruptionsFound) {
    corruptions = corruptionsFound;
    readiness = Readiness.READY;
  }

  void stopping() {
    readiness = Readiness.STOPPING;
  }

  @Override
  public Readiness readiness() {
    return readiness;
  }

  @Override
  public List<StoreForecast> stores() {
    return stores.get();
  }

  @Override
  public String configuration() {
    return configuration.current().toYaml();
  }

  @Override
  public Map<String, String> flags() {
    return flags.values();
  }

  @Override
  public Runtime runtime() {
    return new Runtime(
        started,
        Path.of("").toAbsolutePath().toString(),
        Configuration.hostName(),
        Instant.now(),
        configuration.succeeded(),
        configuration.lastSuccess(),
        corruptions,
        ManagementFactory.getThreadMXBean().getThreadCount(),
        java.lang.Runtime.getRuntime().availableProcessors(),
        java.lang.Runtime.getRuntime().maxMemory(),
        retention.get());
  }

  @Override
  public Build build() {
    BuildInfo b = BuildInfo.current();
    return new Build(b.version(), b.revision(), "main", "", "", b.java());
  }

  @Override
  public Map<String, Map<String, Boolean>> features() {
    Map<String, Boolean> named = new TreeMap<>();
    for (Features f : Features.values()) {
      named.put(f.text().replace('-', '_'), features.contains(f));
    }
    Map<String, Map<String, Boolean>> out = new TreeMap<>();
    out.put("prometheus", named);
    out.put(
        "api",
        Map.of(
            "admin", flags.bool("web.enable-admin-api"),
            "remote_write_receiver", flags.bool("web.enable-remote-write-receiver"),
            "otlp_write_receiver", flags.bool("web.enable-otlp-receiver"),
            "lifecycle", flags.bool("web.enable-lifecycle")));
    return out;
  }

  @Override
  public Map<String, String> externalLabels() {
    return configuration.current().global().externalLabels().toMap();
  }

  @Override
  public URI externalUrl() {
    return externalUrl;
  }

  @Override
  public int listenPort() {
    return port;
  }

  @Override
  public void reload() throws IOException {
    reloads.answered();
  }

  @Override
  public boolean quit() {
    if (!quitting.compareAndSet(false, true)) {
      return false;
    }
    Shutdown.request();
    return true;
  }
}
