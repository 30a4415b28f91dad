package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.receive.ReceiveLimits;
import dev.tethys.collect.receive.RemoteReadOptions;
import dev.tethys.collect.receive.RemoteReadReceiver;
import dev.tethys.collect.receive.WebReceivers;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import dev.tethys.web.client.HttpClientFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded store and others as one, over HTTP. */
@Tag("slow")
class FederatedSourceTest {
  private static final long ALWAYS = Long.MAX_VALUE;

  private final MemoryMetricStore local = new MemoryMetricStore();
  private Registry registry = new Registry();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<HttpListener> listeners = new ArrayList<>();
  private long localStart = ALWAYS;

  @AfterEach
  void stop() {
    listeners.forEach(HttpListener::close);
    clients.close();
  }

  private String served(HttpHandler handler) throws Exception {
    return served(new Routes().post("/read", handler));
  }

  private String served(Routes routes) throws Exception {
    HttpListener l = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
    listeners.add(l);
    return "http://127.0.0.1:" + l.port() + "/read";
  }

  private String served(MemoryMetricStore store) throws Exception {
    Routes routes = new Routes();
    WebReceivers.add(
        routes,
        "/read",
        new RemoteReadReceiver(
            store,
            () -> Labels.EMPTY,
            RemoteReadOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            new Registry()));
    return served(routes);
  }

  private FederatedSource federated(Labels external, String... entries) throws Exception {
    return federated(1_000_000, external, entries);
  }

  private FederatedSource federated(long maxSamples, Labels external, String... entries)
      throws Exception {
    registry = new Registry();
    FederatedSource f = new FederatedSource(local, () -> localStart, maxSamples, registry);
    f.apply(configs(entries), List.of(), external, clients);
    return f;
  }

  private static List<RemoteReadConfig> configs(String... entries) {
    return RemoteReadConfig.readAll(
        RemoteReadConfig.LIST.read(
            YamlDocument.parse("test.yml", null, "[" + String.join(",", entries) + "]").root()));
  }

  private static void write(MemoryMetricStore store, Labels labels, long... samples) {
    try (Appender a = store.appender()) {
      long ref = a.series(labels);
      for (int i = 0; i < samples.length; i += 2) {
        a.append(ref, 0, samples[i], samples[i + 1]);
      }
      a.commit();
    }
  }

  private static List<String> dump(MetricSource source, long from, long to, Matcher... matchers) {
    try (Selection s = source.select(SelectHints.range(from, to), List.of(matchers))) {
      return dump(s);
    }
  }

  private static List<String> dump(Selection s) {
    List<String> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    for (int i = 0; i < s.size(); i++) {
      s.read(i, b);
      StringBuilder line = new StringBuilder(s.labels(i).toString());
      for (int k = 0; k < b.size; k++) {
        Histogram h = b.histograms == null ? null : b.histograms[k];
        line.append(' ').append(b.timestamps[k]).append('=');
        if (h == null) {
          line.append(Long.toHexString(Double.doubleToRawLongBits(b.values[k])));
          assertThat(b.mayBeStale || !Samples.isStale(b.values[k])).isTrue();
        } else {
          line.append(h.count()).append('/').append(h.sum()).append('/').append(h.zeroCount());
          line.append(Arrays.toString(h.positiveSpans())).append(Arrays.toString(h.positive()));
        }
      }
      if (b.size > 0) {
        out.add(line.toString());
      }
    }
    return out;
  }

  private static Histogram histogram(int i) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        3,
        0.001,
        i,
        4.0 * i + 3,
        i * 0.25,
        new int[] {1, 2},
        new double[] {i, 2.0 * i + 3},
        new int[0],
        new double[0],
        null);
  }

  /** Random samples go to one of three stores, some to several; the first named is believed. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void threeStoresReadAsOne(long seed) throws Exception {
    Random r = new Random(seed);
    MemoryMetricStore near = new MemoryMetricStore();
    MemoryMetricStore far = new MemoryMetricStore();
    MemoryMetricStore all = new MemoryMetricStore();
    List<MemoryMetricStore> stores = List.of(local, near, far);
    for (int s = 0; s < 30; s++) {
      Labels labels = Labels.of("__name__", "m" + s % 3, "i", "" + s);
      for (int t = 0; t < 200; t++) {
        int first = -1;
        for (int k = 0; k < 3; k++) {
          if (r.nextInt(3) == 0) {
            boolean wins = first < 0;
            first = wins ? k : first;
            long time = t * 15_000L + s;
            double v = r.nextInt(9) == 0 ? Samples.STALE : r.nextInt(100) + k * 1000.0;
            boolean h = s % 4 == 0;
            for (MemoryMetricStore to :
                wins ? List.of(stores.get(k), all) : List.of(stores.get(k))) {
              try (Appender a = to.appender()) {
                long ref = a.series(labels);
                if (h) {
                  a.append(ref, 0, time, histogram(t + k));
                } else {
                  a.append(ref, 0, time, v);
                }
                a.commit();
              }
            }
          }
        }
      }
    }
    FederatedSource f =
        federated(
            Labels.EMPTY,
            "{url: '" + served(near) + "', read_recent: true}",
            "{url: '" + served(far) + "', read_recent: true, name: far}");
    for (String name : new String[] {"m0", "m1", "m2", "none"}) {
      Matcher m = Matcher.equal("__name__", name);
      long from = r.nextInt(1_000_000);
      assertThat(dump(f.within(Scope.DEFAULT), from, from + 1_500_000, m))
          .isEqualTo(dump(all, from, from + 1_500_000, m));
    }
    assertThat(f.within(Scope.DEFAULT).labelValues("i", 0, ALWAYS, List.of(), 0).values())
        .isEqualTo(all.labelValues("i", 0, ALWAYS, List.of(), 0).values());
    assertThat(f.within(Scope.DEFAULT).labelNames(0, ALWAYS, List.of(), 0).values())
        .containsExactly("__name__", "i");
    List<List<Matcher>> m1 = List.of(List.of(Matcher.equal("__name__", "m1")));
    assertThat(f.within(Scope.DEFAULT).series(0, ALWAYS, m1, 0))
        .isEqualTo(all.series(0, ALWAYS, m1, 0));
    assertThat(f.within(Scope.DEFAULT).changeMark()).isEqualTo(MetricSource.NO_MARK);
  }

  @Test
  void requestsOnlyDataMissingFromTheOwnStore() throws Exception {
    Labels m = Labels.of("__name__", "m");
    write(local, m, 100, 1, 200, 2, 300, 3);
    MemoryMetricStore far = new MemoryMetricStore();
    write(far, m, 50, 7, 150, 7, 250, 7);
    FederatedSource f = federated(Labels.EMPTY, "{url: '" + served(far) + "'}");
    Matcher all = Matcher.equal("__name__", "m");
    localStart = 200;
    assertThat(times(f.within(Scope.DEFAULT), 0, 1000, all))
        .containsExactly(50L, 100L, 150L, 200L, 300L);
    assertThat(times(f.within(Scope.DEFAULT), 200, 1000, all)).containsExactly(200L, 300L);
    localStart = 0;
    assertThat(times(f.within(Scope.DEFAULT), 0, 1000, all)).containsExactly(100L, 200L, 300L);
  }

  private static List<Long> times(MetricSource f, long from, long to, Matcher m) {
    List<Long> out = new ArrayList<>();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = f.select(SelectHints.range(from, to), List.of(m))) {
      assertThat(s.warnings()).isEmpty();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        for (int k = 0; k < b.size; k++) {
          out.add(b.timestamps[k]);
        }
      }
    }
    return out;
  }

  @Test
  void externalLabelsSelectTheSeriesOfThisServer() throws Exception {
    MemoryMetricStore far = new MemoryMetricStore();
    write(far, Labels.of("__name__", "m", "dc", "here", "x", "1"), 10, 1);
    write(far, Labels.of("__name__", "m", "dc", "there", "x", "2"), 10, 2);
    String url = served(far);
    Labels here = Labels.of("dc", "here");
    Matcher m = Matcher.equal("__name__", "m");
    FederatedSource f = federated(here, "{url: '" + url + "', read_recent: true}");
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, m))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("{__name__=\"m\", x=\"1\"}");
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, m, Matcher.equal("dc", "there")))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("{__name__=\"m\", dc=\"there\", x=\"2\"}");
    FederatedSource whole =
        federated(here, "{url: '" + url + "', read_recent: true, filter_external_labels: false}");
    assertThat(dump(whole.within(Scope.DEFAULT), 0, 20, m)).hasSize(2);
  }

  @Test
  void requiredMatchersSelectTheStores() throws Exception {
    MemoryMetricStore far = new MemoryMetricStore();
    write(far, Labels.of("__name__", "m", "job", "a"), 10, 1);
    FederatedSource f =
        federated(
            Labels.EMPTY,
            "{url: '" + served(far) + "', read_recent: true, required_matchers: {job: a}}");
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, Matcher.equal("__name__", "m"))).isEmpty();
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, Matcher.of(Matcher.Type.REGEX, "job", "a")))
        .isEmpty();
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, Matcher.equal("job", "a"))).hasSize(1);
  }

  private List<String> warnings(String... entries) throws Exception {
    write(local, Labels.of("__name__", "m"), 10, 1);
    FederatedSource f = federated(Labels.EMPTY, entries);
    try (Selection s =
        f.within(Scope.DEFAULT)
            .select(SelectHints.range(0, 20), List.of(Matcher.equal("__name__", "m")))) {
      assertThat(dump(s)).hasSize(1); // what is here is answered
      return s.warnings();
    }
  }

  @Test
  void reportsFailuresAsWarnings() throws Exception {
    assertThat(warnings("{url: 'http://127.0.0.1:1/read', read_recent: true, name: far}"))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("remote_read: far: Post \"http://127.0.0.1:1/read\":")
        .contains("refused");
    String broken = served((q, s) -> s.status(500).send("out of\ncheese"));
    assertThat(warnings("{url: '" + broken + "', read_recent: true}").getFirst())
        .contains("returned http status 500: out of");
    String other = served((q, s) -> s.header("Content-Type", "text/html").send("<html>"));
    assertThat(warnings("{url: '" + other + "', read_recent: true}").getFirst())
        .contains("not supported remote read content type: text/html");
    assertThat(
            registry.gather().stream()
                .filter(f -> f.name().equals("prometheus_remote_read_client_queries_total"))
                .mapToInt(f -> f.metrics().size())
                .sum())
        .isEqualTo(1);
  }

  @Test
  void warnsAboutSeriesOfAnUnreachableStore() throws Exception {
    write(local, Labels.of("__name__", "m"), 10, 1);
    FederatedSource f =
        federated(Labels.EMPTY, "{url: 'http://127.0.0.1:1/read', read_recent: true, name: far}");
    List<List<Matcher>> twice =
        List.of(List.of(Matcher.equal("__name__", "m")), List.of(Matcher.equal("__name__", "n")));
    List<String> told = new ArrayList<>();
    assertThat(f.within(Scope.DEFAULT).series(0, 20, twice, 0, told::add))
        .containsExactly(Labels.of("__name__", "m"));
    assertThat(told).singleElement().asString().startsWith("remote_read: far: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-protobuf",
        "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
      })
  void garbageIsAWarning(String type) throws Exception {
    for (int seed = 0; seed < 40; seed++) {
      byte[] b = new byte[seed * 3];
      new Random(seed).nextBytes(b);
      String url = served((q, s) -> s.header("Content-Type", type).send(b));
      List<String> w = warnings("{url: '" + url + "', read_recent: true}");
      if (seed > 0) {
        assertThat(w).as("seed %d", seed).hasSize(1);
      }
    }
  }

  @Test
  void rejectsTooLargeResponses() throws Exception {
    MemoryMetricStore far = new MemoryMetricStore();
    long[] samples = new long[4000];
    for (int i = 0; i < samples.length; i += 2) {
      samples[i] = i * 1000L;
      samples[i + 1] = i;
    }
    write(far, Labels.of("__name__", "m"), samples);
    FederatedSource f =
        federated(1000, Labels.EMPTY, "{url: '" + served(far) + "', read_recent: true, name: far}");
    assertThatThrownBy(
            () -> dump(f.within(Scope.DEFAULT), 0, ALWAYS, Matcher.equal("__name__", "m")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("remote read from far: the answer holds more than 1000 samples")
        .hasMessageContaining("--query.max-samples");
    assertThat(dump(f.within(Scope.DEFAULT), 0, 100_000, Matcher.equal("__name__", "m")))
        .hasSize(1);
  }

  @Test
  void reloadChangesTheQueriedStores() throws Exception {
    MemoryMetricStore far = new MemoryMetricStore();
    write(far, Labels.of("__name__", "m"), 10, 1);
    FederatedSource f = federated(Labels.EMPTY);
    Matcher m = Matcher.equal("__name__", "m");
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, m)).isEmpty();
    f.apply(
        configs("{url: '" + served(far) + "', read_recent: true}"),
        List.of(),
        Labels.EMPTY,
        clients);
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, m)).hasSize(1);
    f.apply(List.of(), List.of(), Labels.EMPTY, clients);
    assertThat(dump(f.within(Scope.DEFAULT), 0, 20, m)).isEmpty();
  }

  @Test
  void rejectsInvalidConfigurationWithItsPosition() {
    assertThatThrownBy(() -> configs("{read_recent: true}")).hasMessageContaining("url");
    assertThatThrownBy(() -> configs("{url: 'http://a/', nope: 1}")).hasMessageContaining("nope");
    assertThatThrownBy(() -> configs("{url: 'http://a/', name: x}", "{url: 'http://b/', name: x}"))
        .hasMessageContaining("found multiple remote read configs with job name \"x\"");
    assertThatThrownBy(() -> configs("{url: 'http://a/'}", "{url: 'http://a/'}"))
        .hasMessageContaining("duplicate remote read configs are not allowed");
    assertThatThrownBy(() -> configs("{url: 'http://a/', headers: {Authorization: x}}"))
        .hasMessageContaining("authorization header must be changed");
    assertThatThrownBy(() -> configs("{url: 'http://a/', chunked_read_limit: 0}"))
        .hasMessageContaining("above 0");
  }
}
