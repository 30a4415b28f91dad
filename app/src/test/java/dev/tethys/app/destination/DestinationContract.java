package dev.tethys.app.destination;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.prometheus.ForeignStores;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.store.remote.FederatedSource;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Ports;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every database has to hold to: samples are written through an exporter with its queue and
 * read back one by one; with faults in between, every item is accounted for; and PromQL over the
 * database answers as over a store of its own.
 *
 * <p>Some twenty thousand samples; {@code -Dtethys.destinations.samples=1000000} for a long run.
 */
abstract class DestinationContract {
  /** A database that runs. */
  interface Peer extends AutoCloseable {
    /** Its port on the loopback interface, which faults stand before. */
    int port();

    /** The type of the exporter. */
    String exporter();

    /** The keys of the exporter as YAML flow, without braces. */
    String exporterKeys(int port);

    /** The entry of {@code stores} as YAML flow, with braces; its name is "far". */
    String store(int port);

    /** Waits until what was written can be read. */
    default void settle() throws IOException, InterruptedException {}

    @Override
    void close() throws IOException;
  }

  /** Starts the database, empty; aborts the test by name when it is not on this machine. */
  abstract Peer start() throws Exception;

  /** Whether the destination carries a value; the documentation tells of those that it does not. */
  boolean carries(double value) {
    return true;
  }

  /** Whether native histograms come back as classic ones. */
  boolean expandsHistograms() {
    return true;
  }

  /** Whether faults are those of HTTP too. */
  boolean isHttp() {
    return true;
  }

  private static final Duration PATIENCE =
      Duration.ofSeconds(Long.getLong("tethys.destinations.patience", 300));
  private static final int SIZE = Integer.getInteger("tethys.destinations.samples", 20_000);

  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private Peer peer;

  @BeforeEach
  void startPeer() throws Exception {
    peer = start();
  }

  @AfterEach
  void stopPeer() throws IOException {
    if (peer != null) {
      peer.close();
    }
    clients.close();
  }

  private StoreConfig config(int port) {
    YamlDocument d = YamlDocument.parse("stores.yml", null, "[" + peer.store(port) + "]");
    List<StoreConfig> all =
        StoreConfig.readAll(StoreConfig.LIST.read(d.root()), ForeignStores.TYPES);
    d.refuseNotBuilt();
    return all.getFirst();
  }

  private ForeignStore store(int port) throws IOException {
    return config(port)
        .opener()
        .open(
            new StoreType.Surroundings(
                clients, new StoreLimits(50_000_000, StoreLimits.DEFAULT_BYTES), new Registry()));
  }

  private static SelectHints all() {
    return SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1_000_000_000);
  }

  private static long bits(double v) {
    return Double.isNaN(v) && !Samples.isStale(v)
        ? Samples.NORMAL_NAN_BITS
        : Double.doubleToRawLongBits(v);
  }

  private void compare(KnownSamples known) throws Exception {
    peer.settle();
    Map<Labels, TreeMap<Long, Double>> left = new java.util.HashMap<>(known.expected());
    List<String> wrong = new ArrayList<>();
    try (ForeignStore s = store(peer.port())) {
      for (StoredSeries series :
          s.select(all(), List.of(Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+")))) {
        TreeMap<Long, Double> want = left.remove(series.labels());
        if (want == null) {
          wrong.add("not written: " + series.labels());
          continue;
        }
        if (want.size() != series.size()) {
          wrong.add(series.labels() + ": " + series.size() + " samples, not " + want.size());
        }
        for (int i = 0; i < series.size(); i++) {
          Double v = want.get(series.time(i));
          if (v == null || bits(v) != bits(series.value(i))) {
            wrong.add(
                series.labels() + " @" + series.time(i) + ": " + series.value(i) + ", not " + v);
          }
        }
      }
    }
    left.keySet().forEach(l -> wrong.add("missing: " + l));
    assertThat(wrong.stream().limit(20)).as(wrong.size() + " differences").isEmpty();
  }

  @Test
  void everySampleComesBack() throws Exception {
    KnownSamples known = new KnownSamples(SIZE, true, expandsHistograms(), this::carries);
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, peer.exporter(), peer.exporterKeys(peer.port()))) {
      known.batches().forEach(p::send);
      p.drain(PATIENCE);
      Balance b = p.balance();
      assertThat(b.in()).isEqualTo(known.samples());
      assertThat(b.out() + b.allDropped()).as(b.toString()).isEqualTo(known.samples());
    }
    compare(known);
  }

  @Test
  void faultsLoseNothing() throws Exception {
    KnownSamples known = new KnownSamples(SIZE, false, false, this::carries);
    try (FaultProxy proxy = new FaultProxy(peer.port());
        TestPipeline p =
            new TestPipeline(Signal.METRICS, peer.exporter(), peer.exporterKeys(proxy.port()))) {
      List<FaultProxy.Fault> faults = new ArrayList<>();
      for (FaultProxy.Fault f : FaultProxy.Fault.values()) {
        boolean http = f == FaultProxy.Fault.TOO_MANY || f == FaultProxy.Fault.UNAVAILABLE;
        if (f != FaultProxy.Fault.NONE && f != FaultProxy.Fault.SLOW && (!http || isHttp())) {
          faults.add(f);
        }
      }
      List<Batch> batches = known.batches();
      for (int i = 0; i < batches.size(); i++) {
        int each = Math.max(1, batches.size() / (faults.size() + 1));
        if (i % each == 0 && i / each < faults.size()) {
          FaultProxy.Fault f = faults.get(i / each);
          proxy.set(f);
          p.send(batches.get(i));
          TestPipeline.await(f + " was met", PATIENCE, () -> proxy.met() >= 2);
          proxy.set(i / each % 2 == 0 ? FaultProxy.Fault.NONE : FaultProxy.Fault.SLOW);
        } else {
          p.send(batches.get(i));
        }
      }
      proxy.set(FaultProxy.Fault.NONE);
      p.drain(PATIENCE);
      Balance b = p.balance();
      assertThat(b.in()).isEqualTo(known.samples());
      assertThat(b.out()).as(b.toString()).isEqualTo(known.samples());
    }
    compare(known);
  }

  private static final List<String> QUERIES =
      List.of(
          "contract_requests_total",
          "contract_temperature{instance=\"host-1\"}",
          "contract_temperature{code!=\"200\"}",
          "contract_temperature{code=~\"5..\",instance!~\"host-[23]\"}",
          "contract_temperature{nothing=\"\"}",
          "{__name__=~\"contract_.*\",instance=\"host-2\"}",
          "sum by (code) (rate(contract_requests_total[1m]))",
          "increase(contract_requests_total[2m])",
          "max_over_time(contract_temperature[1m]) - min_over_time(contract_temperature[1m])",
          "quantile(0.9, contract_temperature)",
          "topk(3, contract_temperature)",
          "contract_temperature offset 30s",
          "count({__name__=~\".+\"}) by (job)",
          "absent(contract_nothing)",
          "hostile_total",
          "{label=\"plain\"}",
          "{__name__=~\"hostile.*\",n=~\"1.\"}",
          "contract_requests_total / on (instance, code) contract_temperature",
          "label_replace(contract_temperature, \"short\", \"$1\", \"instance\", \"host-(.*)\")",
          "rate(node_cpu_seconds_total[1m])",
          "sum(node_memory_MemAvailable_bytes)");

  private static String text(QueryResult r) {
    StringBuilder sb = new StringBuilder();
    switch (r.value()) {
      case Value.Matrix m ->
          m.series()
              .forEach(
                  s -> {
                    sb.append(s.labels()).append(':');
                    for (int i = 0; i < s.size(); i++) {
                      sb.append(' ').append(s.timestamps()[i]).append('=').append(s.values()[i]);
                    }
                    sb.append('\n');
                  });
      case Value v -> sb.append(v);
    }
    return sb.toString();
  }

  @Test
  void promqlAnswersAsOverAStoreOfItsOwn() throws Exception {
    KnownSamples known = new KnownSamples(6_000, true, false, this::carries);
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, peer.exporter(), peer.exporterKeys(peer.port()))) {
      known.batches().forEach(p::send);
      p.drain(PATIENCE);
    }
    peer.settle();
    FederatedSource far =
        new FederatedSource(
            new MemoryMetricStore(), () -> Long.MAX_VALUE, 50_000_000, new Registry());
    far.apply(List.of(), List.of(config(peer.port())), Labels.EMPTY, clients);
    long start = KnownSamples.START;
    try (PromqlEngine engine = new PromqlEngine(EngineOptions.builder().threads(1).build())) {
      for (String q : QUERIES) {
        QueryResult here =
            engine
                .range(known.store(), q, start, start + 300_000, 20_000, QueryOptions.DEFAULT)
                .execute();
        QueryResult there =
            engine.range(far, q, start, start + 300_000, 20_000, QueryOptions.DEFAULT).execute();
        assertThat(text(there)).as(q).isEqualTo(text(here));
      }
    }
    long end = start + 300_000;
    assertThat(far.labelNames(start, end, List.of(), 0).values())
        .isEqualTo(known.store().labelNames(start, end, List.of(), 0).values());
    assertThat(far.labelValues("instance", start, end, List.of(), 0).values())
        .isEqualTo(known.store().labelValues("instance", start, end, List.of(), 0).values());
    List<List<Matcher>> counters =
        List.of(List.of(Matcher.equal(Labels.METRIC_NAME, "contract_requests_total")));
    assertThat(far.series(start, end, counters, 0))
        .isEqualTo(known.store().series(start, end, counters, 0));
  }

  @Test
  void aDestinationIsTried() throws Exception {
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {%s: {%s}}, service: {pipelines:"
                .formatted(peer.exporter(), peer.exporterKeys(peer.port()))
            + " {metrics: {receivers: [otlp], exporters: [%s]}}}}".formatted(peer.exporter());
    Printed printed = Printed.of("destination", "check", peer.exporter(), "--config=" + config);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("tethys_probe").contains("42.5");
    assertThat(printed.status()).isZero();
  }

  @Test
  void aStoreThatIsDownIsAWarning() throws Exception {
    int port = Ports.free(); // where nobody listens
    FederatedSource far =
        new FederatedSource(
            new MemoryMetricStore(), () -> Long.MAX_VALUE, 50_000_000, new Registry());
    far.apply(List.of(), List.of(config(port)), Labels.EMPTY, clients);
    try (var s = far.select(all(), List.of(Matcher.equal(Labels.METRIC_NAME, "x")))) {
      assertThat(s.warnings()).singleElement().asString().startsWith("stores: far: ");
    }
  }
}
