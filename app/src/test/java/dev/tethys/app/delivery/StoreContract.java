package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.store.remote.FederatedSource;
import dev.tethys.store.remote.RemoteReadConfig;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.ShownHistogram;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Requirements for every destination that PromQL reads: in addition to {@link ExporterContract},
 * its responses equal those of our own store.
 */
abstract class StoreContract extends ExporterContract {
  private static final int QUERIED = 20_000;
  private static final long RANGE = 300_000;
  private static final long STEP = 20_000;

  private static final long FAR = 125_000;
  private static final List<String> FAR_APART =
      List.of(
          "contract_temperature",
          "rate(contract_requests_total[31s])",
          "count_over_time(contract_temperature[17s] offset 7s)",
          "max_over_time(hostile_total[20s])");

  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");

  @AfterEach
  void closeClients() {
    clients.close();
  }

  private MetricSource far(Peer peer, int port) throws IOException {
    return far(peer.storeKey(), peer.store(port));
  }

  private MetricSource far(String key, String stores) throws IOException {
    FederatedSource far =
        new FederatedSource(
            new MemoryMetricStore(), () -> Long.MAX_VALUE, 50_000_000, new Registry());
    YamlDocument d = YamlDocument.parse("stores.yml", null, "[" + stores + "]");
    if (key.equals("remote_read")) {
      far.apply(
          RemoteReadConfig.readAll(RemoteReadConfig.LIST.read(d.root())),
          List.of(),
          Labels.EMPTY,
          clients);
    } else {
      far.apply(
          List.of(),
          StoreConfig.readAll(StoreConfig.LIST.read(d.root()), ForeignStores.TYPES),
          Labels.EMPTY,
          clients);
    }
    d.refuseNotBuilt();
    return far.within(Scope.DEFAULT);
  }

  private static SelectHints all() {
    return SelectHints.range(KnownSamples.START - 1, KnownSamples.START + 1_000_000_000);
  }

  @Override
  void alsoHolds(Peer peer, KnownSamples known) throws Exception {
    Map<Labels, TreeMap<Long, Double>> samples = new HashMap<>();
    Map<Labels, TreeMap<Long, Histogram>> histograms = new HashMap<>();
    MetricSource far = far(peer, peer.port());
    Matcher any = Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+");
    try (Selection s = far.select(all(), List.of(any))) {
      assertThat(s.warnings()).isEmpty();
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          if (h == null) {
            samples
                .computeIfAbsent(s.labels(i), l -> new TreeMap<>())
                .put(b.timestamps[k], b.values[k]);
          } else {
            histograms.computeIfAbsent(s.labels(i), l -> new TreeMap<>()).put(b.timestamps[k], h);
          }
        }
      }
    }
    Found.assertSame(known, samples, histograms);
  }

  /** All samples to the digit, a line a series. */
  private static String text(QueryResult r) {
    assertThat(r.warnings()).noneMatch(w -> w.contains("far")); // an answer in part
    if (!(r.value() instanceof Value.Matrix m)) {
      return r.value().toString();
    }
    List<String> lines = new ArrayList<>();
    for (Value.Series s : m.series()) {
      StringBuilder sb = new StringBuilder(s.labels().toString()).append(':');
      for (int i = 0; i < s.size(); i++) {
        Histogram h = s.histogram(i);
        sb.append(' ').append(s.timestamps()[i]).append('=');
        sb.append(h == null ? String.valueOf(s.values()[i]) : ShownHistogram.of(h));
      }
      lines.add(sb.toString());
    }
    lines.sort(null);
    return String.join("\n", lines);
  }

  private static List<String> queries() throws IOException {
    return Files.readAllLines(
            Shared.root().resolve("app/src/test/resources/destinations/queries.txt"))
        .stream()
        .filter(l -> !l.isBlank() && !l.startsWith("#"))
        .toList();
  }

  @Test
  void promqlReturnsTheSameAsOverTheOwnStore() throws Exception {
    Peer peer = started();
    KnownSamples known = new KnownSamples(QUERIED, true, true, peer);
    try (TestPipeline p = pipeline(peer, peer.port())) {
      known.batches().forEach(p::send);
      p.drain(TIME_LIMIT);
    }
    peer.settle();
    MetricSource far = far(peer, peer.port());
    long start = KnownSamples.START;
    List<String> different = new ArrayList<>();
    int answered = 0;
    try (PromqlEngine engine =
        new PromqlEngine(EngineOptions.builder().threads(1).parser(ParserOptions.ALL).build())) {
      for (String q : queries()) {
        String here = text(range(engine, known.store(), q, STEP));
        String there = text(range(engine, far, q, STEP));
        answered += here.isEmpty() ? 0 : 1;
        if (!here.equals(there)) {
          different.add(q + "\n  here  " + first(here) + "\n  there " + first(there));
        }
      }
    }
    try (PromqlEngine engine =
        new PromqlEngine(EngineOptions.builder().threads(1).lookbackMillis(20_000).build())) {
      for (String q : FAR_APART) { // whose steps leave most samples out
        String here = text(range(engine, known.store(), q, FAR));
        assertThat(here).isNotEmpty();
        if (!here.equals(text(range(engine, far, q, FAR)))) {
          different.add(q + " in steps far apart");
        }
      }
    }
    assertThat(different).isEmpty();
    assertThat(answered).as("queries that find something").isGreaterThan(queries().size() * 2 / 3);
    long end = start + RANGE;
    for (int limit : new int[] {1, 3}) {
      assertThat(far.labelNames(start, end, List.of(), limit).values())
          .isEqualTo(known.store().labelNames(start, end, List.of(), limit).values());
      for (String label : List.of("instance", Labels.METRIC_NAME)) {
        assertThat(far.labelValues(label, start, end, List.of(), limit).values())
            .isEqualTo(known.store().labelValues(label, start, end, List.of(), limit).values());
      }
    }
    assertThat(far.labelNames(start, end, List.of(), 0).values())
        .isEqualTo(known.store().labelNames(start, end, List.of(), 0).values());
    assertThat(far.labelValues("instance", start, end, List.of(), 0).values())
        .isEqualTo(known.store().labelValues("instance", start, end, List.of(), 0).values());
    List<List<Matcher>> counters =
        List.of(List.of(Matcher.equal(Labels.METRIC_NAME, "contract_requests_total")));
    assertThat(far.series(start, end, counters, 0))
        .isEqualTo(known.store().series(start, end, counters, 0));
  }

  /** Names of labels that exist, often and in few series, or nowhere. */
  private static final List<String> ASKED =
      List.of("code", "instance", "job", "n", "label", "select", "nowhere", Labels.METRIC_NAME);

  private static final int ASKED_TIMES = Integer.getInteger("tethys.matchers", 60);

  @Test
  void matchersFindTheSameAsInTheOwnStore() throws Exception {
    Peer peer = started();
    KnownSamples known = new KnownSamples(1_000, true, false, peer);
    try (TestPipeline p = pipeline(peer, peer.port())) {
      known.batches().forEach(p::send);
      p.drain(TIME_LIMIT);
    }
    peer.settle();
    MetricSource far = far(peer, peer.port());
    RandomMatchers random = new RandomMatchers(1, ASKED, known.store());
    int found = 0;
    for (int i = 0; i < ASKED_TIMES; i++) {
      List<Matcher> matchers = random.next();
      List<Labels> here = found(known.store(), matchers);
      assertThat(found(far, matchers)).as(matchers.toString()).isEqualTo(here);
      found += here.isEmpty() ? 0 : 1;
      if (i % 5 == 0) {
        long end = KnownSamples.START + 1_000_000_000;
        List<List<Matcher>> one = List.of(matchers);
        assertThat(far.series(0, end, one, 0))
            .as(matchers.toString())
            .isEqualTo(known.store().series(0, end, one, 0));
        assertThat(far.labelValues("n", 0, end, matchers, 0).values())
            .as(matchers.toString())
            .isEqualTo(known.store().labelValues("n", 0, end, matchers, 0).values());
        assertThat(far.labelValues(Labels.METRIC_NAME, 0, end, matchers, 0).values())
            .as(matchers.toString())
            .isEqualTo(known.store().labelValues(Labels.METRIC_NAME, 0, end, matchers, 0).values());
      }
    }
    assertThat(found)
        .as("matchers that find something")
        .isBetween(ASKED_TIMES / 4, ASKED_TIMES - 1);
    for (int i = 0; i < EXPRESSIONS.size(); i++) {
      String label = List.of("instance", "code", Labels.METRIC_NAME).get(i % 3);
      expressionIsMet(far, known, label, EXPRESSIONS.get(i));
    }
    for (String expression : OF_ANY_TEXT) {
      for (String label : KnownSamples.NAMES) {
        Matcher m = Matcher.of(Matcher.Type.REGEX, label, expression);
        if (!found(known.store(), List.of(m)).isEmpty()) {
          expressionIsMet(far, known, label, expression);
          break;
        }
      }
    }
  }

  /** What dialects of expressions read differently: anchors, flags, escapes, classes, nothing. */
  private static final List<String> EXPRESSIONS =
      List.of(
          "^host-1$",
          "^host-1|host-2$",
          "host-1$|404",
          "\\Ahost-1\\z",
          "(?i)HOST-1|CONTRACT_temperature",
          "(?i:HOST)-1",
          "(?-i)HOST-1",
          "host-(1|2)",
          "(?:host|code)-(?:1|3)",
          "(?P<n>host)-1",
          "host-[^13]",
          "host-\\d",
          "\\w+-\\d|\\d{3}",
          "[[:alpha:]]+-1|[[:digit:]]+",
          "host.1|4.4",
          "host\\-1",
          "host-1|",
          "|host-1",
          "|",
          "()",
          "()|404",
          "a||404",
          "(404|)",
          "4*",
          "40{1}4|5(0){2}",
          "(?U)4.*4",
          ".?",
          "...",
          ".{6}",
          ".*-1",
          ".+_total|.*-.*",
          "[^h]+",
          "[^c]*",
          "\\Qhost-1\\E",
          "\\x68ost-1",
          "\\x{68}ost-1",
          "\\150ost-1",
          "\\bhost-1\\b",
          "\\pL+-1",
          "\\D+",
          "\\S+",
          "(?s).*",
          "(?m)^404$",
          "404$$",
          "^^404",
          "200|404|500",
          "[24]0[04]",
          "HOST-1",
          "2..|5..",
          "contract_(requests_total|temp.*)",
          "hostile.*|bare|empty");

  /** The same of values that are no plain words. */
  private static final List<String> OF_ANY_TEXT =
      List.of(
          ".",
          "...",
          "äöü|日本語",
          "(?i)ÄÖÜ",
          ".*in|.* .*",
          "line.feed|carriage\\rreturn",
          "line\\nfeed",
          "(?-s)line.*",
          "[^a-z]+",
          "\\p{Han}+|\\x{1f600} .*",
          "back\\\\slash|100%|a\\\\.*",
          "'; DROP.*|.*`.*");

  private static void expressionIsMet(
      MetricSource far, KnownSamples known, String label, String expression) {
    for (Matcher.Type type : List.of(Matcher.Type.REGEX, Matcher.Type.NOT_REGEX)) {
      Matcher m = Matcher.of(type, label, expression);
      List<Matcher> matchers =
          List.of(m, Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, "contract_.*|hostile.*"));
      List<Labels> here = found(known.store(), matchers);
      assertThat(found(far, matchers)).as(m.toString()).isEqualTo(here);
    }
  }

  /** The series that have samples. */
  private static List<Labels> found(MetricSource source, List<Matcher> matchers) {
    List<Labels> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = source.select(all(), matchers)) {
      assertThat(s.warnings()).as(matchers.toString()).isEmpty();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        if (b.size > 0) {
          out.add(s.labels(i));
        }
      }
    }
    return out;
  }

  private static String first(String s) {
    return s.substring(0, Math.min(300, s.length()));
  }

  private static QueryResult range(PromqlEngine engine, MetricSource source, String q, long step) {
    long start = KnownSamples.START;
    return engine
        .range(source, q, start, start + RANGE, step, QueryOptions.DEFAULT.uncached())
        .execute();
  }

  @Test
  void namesFromLabelsAreSeparateStores() throws Exception {
    Peer peer = started();
    String keys = peer.exporterKeys(peer.port(), "m_{team}");
    Assumptions.assumeTrue(keys != null, "no labels stand in names of " + peer.exporter());
    Map<String, String> names =
        Map.of("a", "m_a", "b'`\"; DROP TABLE x", "m_b_____DROP_TABLE_x", "", "m_none");
    Map<String, List<Labels>> expected = new HashMap<>();
    WriteRequestWriter w = new WriteRequestWriter();
    for (var e : names.entrySet()) {
      peer.make(e.getValue());
      for (int i = 0; i < 3; i++) {
        Labels l = Labels.of("__name__", "named", "n", Integer.toString(i), "team", e.getKey());
        l = e.getKey().isEmpty() ? l.toBuilder().set("team", "").build() : l;
        w.beginSeries(l).sample(KnownSamples.START, i).endSeries();
        expected.computeIfAbsent(e.getValue(), n -> new ArrayList<>()).add(l);
      }
    }
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, peer.exporter(), Objects.requireNonNull(keys))) {
      p.send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 9, 0));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(9);
    }
    peer.settle();
    List<String> stores = new ArrayList<>();
    for (var e : expected.entrySet()) {
      String store = peer.store(peer.port(), e.getKey());
      stores.add(store);
      assertThat(series(far(peer.storeKey(), store)))
          .as(e.getKey())
          .containsExactlyInAnyOrderElementsOf(e.getValue());
    }
    assertThat(series(far(peer.storeKey(), String.join(", ", stores)))).hasSize(9);
    assertThatThrownBy(() -> far(peer.storeKey(), peer.store(peer.port(), "'m_{team}'")))
        .hasMessageContaining("one store for each");
  }

  private static List<Labels> series(MetricSource far) {
    List<Labels> out = new ArrayList<>();
    try (Selection s = far.select(all(), List.of(Matcher.equal(Labels.METRIC_NAME, "named")))) {
      assertThat(s.warnings()).isEmpty();
      for (int i = 0; i < s.size(); i++) {
        out.add(s.labels(i));
      }
    }
    return out;
  }

  @Test
  void downStoreCausesAWarning() throws Exception {
    Peer peer = started();
    MetricSource far = far(peer, Ports.free()); // where no process listens
    try (Selection s = far.select(all(), List.of(Matcher.equal(Labels.METRIC_NAME, "x")))) {
      assertThat(s.warnings()).singleElement().asString().startsWith(peer.storeKey() + ": far: ");
    }
  }
}
