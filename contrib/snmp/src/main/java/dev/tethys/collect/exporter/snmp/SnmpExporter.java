package dev.tethys.collect.exporter.snmp;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.FamilyBuilder;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.collect.exporter.snmp.wire.SnmpClient;
import dev.tethys.collect.exporter.snmp.wire.SnmpTarget;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.HttpHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Exporter of SNMP agents by the modules of a configuration, on request. */
final class SnmpExporter implements Exporter {
  /** Source of the configuration. */
  interface Source {
    SnmpConfig read() throws IOException;
  }

  /**
   * Request settings.
   *
   * @param from source address of requests, null for any
   * @param wrap whether 64-bit counters wrap at 2^53
   * @param atOnce number of an agent's modules that are requested concurrently
   * @param packets whether messages are logged
   */
  record RequestOptions(
      @Nullable InetSocketAddress from, boolean wrap, int atOnce, boolean packets) {}

  /**
   * A probe of an agent: its modules and its credentials.
   *
   * @param packets whether each message is logged
   */
  private record ProbeRequest(
      SnmpTarget target,
      SnmpAuth auth,
      String context,
      String engine,
      long deadline,
      boolean packets) {}

  private record Named(String name, SnmpModule module) {}

  private final Source source;
  private final RequestOptions requestOptions;
  private final boolean reloads;
  private final SnmpMeasures measures = new SnmpMeasures();
  private volatile SnmpConfig config;

  /**
   * @param reloads whether the configuration can become another one
   */
  SnmpExporter(Source source, RequestOptions requestOptions, boolean reloads) throws IOException {
    this.source = source;
    this.requestOptions = requestOptions;
    this.reloads = reloads;
    this.config = source.read();
    announce();
  }

  /** Metrics of modules are exported before their first use. */
  private void announce() {
    config.modules().keySet().forEach(measures.moduleSeconds::with);
  }

  @Override
  public @Nullable MetricsSource metrics() {
    return null;
  }

  @Override
  public Collector about() {
    return measures.registry;
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of("/snmp", this::probe);
  }

  private static String once(Probe p, String param) {
    List<String> all = p.params().all(param);
    if (all.size() > 1) {
      throw new ProbeException(400, "'" + param + "' parameter must only be specified once");
    }
    return all.isEmpty() ? "" : all.getFirst();
  }

  private List<MetricFamily> probe(Probe p) throws IOException, InterruptedException {
    SnmpConfig c = config;
    ProbeRequest q;
    List<Named> modules;
    try {
      List<String> target = p.params().all("target");
      if (target.size() != 1 || target.getFirst().isEmpty()) {
        throw new ProbeException(400, "'target' parameter must be specified once");
      }
      String name = once(p, "auth").isEmpty() ? "public_v2" : once(p, "auth");
      String context = once(p, "snmp_context");
      String engine = once(p, "snmp_engineid");
      SnmpAuth auth = c.auths().get(name);
      if (auth == null) {
        throw new ProbeException(400, "Unknown auth '" + name + "'");
      }
      modules = modules(p, c);
      q =
          new ProbeRequest(
              target(target.getFirst()),
              auth,
              context.isEmpty() ? auth.contextName() : context,
              checked(engine),
              System.nanoTime() + p.limit(Duration.ZERO, Probe.LONGEST).toNanos(),
              requestOptions.packets() || p.param("snmp_debug_packets").equals("true"));
    } catch (ProbeException e) {
      measures.requestErrors.inc();
      throw e;
    }
    return ask(q, modules);
  }

  private static SnmpTarget target(String text) {
    try {
      return SnmpTarget.parse(text);
    } catch (IllegalArgumentException e) {
      throw new ProbeException(400, String.valueOf(e.getMessage()));
    }
  }

  private static String checked(String hex) {
    try {
      HexFormat.of().parseHex(hex);
      return hex;
    } catch (IllegalArgumentException e) {
      throw new ProbeException(400, "'snmp_engineid' is not a hexadecimal number");
    }
  }

  private static List<Named> modules(Probe p, SnmpConfig c) {
    List<String> asked = p.params().all("module");
    Set<String> names = new LinkedHashSet<>();
    (asked.isEmpty() ? List.of("if_mib") : asked).forEach(a -> names.addAll(List.of(a.split(","))));
    names.remove("");
    List<Named> out = new ArrayList<>();
    for (String name : names) {
      SnmpModule m = c.modules().get(name);
      if (m == null) {
        throw new ProbeException(400, "Unknown module '" + name + "'");
      }
      out.add(new Named(name, m));
    }
    return out;
  }

  private List<MetricFamily> ask(ProbeRequest q, List<Named> modules)
      throws IOException, InterruptedException {
    Queue<Named> left = new ConcurrentLinkedQueue<>(modules);
    boolean unconnected = modules.stream().anyMatch(m -> m.module().timeLimit().unconnected());
    List<FamilyBuilder> found = new ArrayList<>();
    AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < Math.min(requestOptions.atOnce(), modules.size()); i++) {
      workers.add(
          Thread.ofVirtual()
              .name("snmp")
              .start(
                  () -> {
                    try {
                      work(q, unconnected, left, found);
                    } catch (IOException | RuntimeException e) {
                      left.clear();
                      failed.compareAndSet(null, e);
                    }
                  }));
    }
    try {
      for (Thread w : workers) {
        w.join();
      }
    } catch (InterruptedException e) {
      workers.forEach(Thread::interrupt);
      throw e;
    }
    switch (failed.get()) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException("nothing else is thrown");
    }
    return joined(found);
  }

  private void work(
      ProbeRequest q, boolean unconnected, Queue<Named> left, List<FamilyBuilder> found)
      throws IOException {
    Named next = left.poll();
    if (next == null) {
      return;
    }
    SnmpClient.RequestLimits own = next.module().timeLimit();
    SnmpClient.RequestLimits first =
        new SnmpClient.RequestLimits(
            own.timeout(), own.retries(), own.repetitions(), unconnected, own.anyOrder());
    String logged = q.packets() ? q.target().host() : "";
    SnmpScrape scrape = new SnmpScrape(next.name(), next.module(), measures, logged);
    try (SnmpClient client =
        new SnmpClient(
            q.target(),
            requestOptions.from(),
            q.auth().credentials(),
            q.context().getBytes(StandardCharsets.UTF_8),
            HexFormat.of().parseHex(q.engine()),
            first,
            scrape,
            q.deadline())) {
      while (true) {
        FamilyBuilder f =
            scrape.run(client, q.auth().credentials().version(), requestOptions.wrap());
        synchronized (found) {
          found.add(f);
        }
        next = left.poll();
        if (next == null) {
          return;
        }
        scrape = new SnmpScrape(next.name(), next.module(), measures, logged);
      }
    }
  }

  /**
   * Families of all modules, each name once.
   *
   * @throws IOException if two modules show the same metric
   */
  private static List<MetricFamily> joined(List<FamilyBuilder> found) throws IOException {
    FamilyBuilder all = new FamilyBuilder();
    for (FamilyBuilder f : found) {
      for (MetricFamily family : f.families()) {
        for (MetricFamily.Metric m : family.metrics()) {
          if (all.has(family.name(), m.labels())) {
            throw new IOException(
                "collected metric "
                    + family.name()
                    + m.labels()
                    + " was collected before with the same name and labels");
          }
          all.set(
              family.type(),
              family.name(),
              family.help(),
              m.labels(),
              ((MetricFamily.Value) m.point()).value());
        }
      }
    }
    return all.families();
  }

  @Override
  public Map<String, HttpHandler> pages(Answers answers) {
    Map<String, HttpHandler> pages = new LinkedHashMap<>();
    pages.put(
        "/config",
        (q, r) ->
            r.send("text/plain; charset=utf-8", config.toYaml().getBytes(StandardCharsets.UTF_8)));
    return pages;
  }

  @Override
  public boolean reloads() {
    return reloads;
  }

  @Override
  public void reload() throws IOException {
    if (reloads) {
      config = source.read();
      announce();
    }
  }

  @Override
  public void close() {}
}
