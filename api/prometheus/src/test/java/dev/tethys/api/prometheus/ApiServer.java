package dev.tethys.api.prometheus;

import dev.tethys.alert.notify.AlertmanagerStatus;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.MemoryBudget;
import dev.tethys.model.relabel.RelabelRule;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.CacheReuse;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.query.promql.QueryOptions;
import dev.tethys.query.promql.QueryResult;
import dev.tethys.query.promql.QueryStatistics;
import dev.tethys.query.promql.Value;
import dev.tethys.query.promql.explain.Analysis;
import dev.tethys.query.promql.explain.Explanation;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The API on a loopback port, over a store in memory and views that tests set. */
final class ApiServer implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  final MemoryMetricStore store = new MemoryMetricStore();
  final Registry registry = new Registry();
  final Notifications notifications = new Notifications(2, () -> NOW, registry);
  final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final Routes routes = new Routes();
  final HttpListener listener;
  private final ApiSettings settings;
  private final PrometheusApi.Parts parts;

  Readiness readiness = Readiness.READY;
  List<StoreForecast> stores = List.of();
  QueryEngine engine = new Fixed();
  TargetsView targets = TargetsView.NONE;
  List<AlertmanagerStatus> deliveries = List.of();
  Map<String, String> externalLabels = Map.of();
  final RunningLookups lookups = new RunningLookups();
  @Nullable String reloadProblem;
  int reloads;
  boolean quit;
  int snapshots;
  int cleaned;
  StoreView.@Nullable CardinalityRequest counted;

  ApiServer(ApiSettings settings) throws IOException {
    this.settings = settings;
    this.parts =
        new PrometheusApi.Parts(
            store,
            store,
            new QueryEngine() {
              @Override
              public Prepared instant(String query, long time, QueryOptions options) {
                return engine.instant(query, time, options);
              }

              @Override
              public Prepared range(
                  String query, long start, long end, long step, QueryOptions options) {
                return engine.range(query, start, end, step, options);
              }

              @Override
              public PromqlEngine.Status status() {
                return engine.status();
              }
            },
            new Store(),
            new Targets(),
            new Rules(),
            new Server(),
            notifications,
            MemoryBudget.ofHeap(1000, () -> true),
            registry,
            () -> NOW);
    PrometheusApi.register(routes, settings, parts, lookups);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  /** Has pages from a folder, with libraries of another. */
  void consoles(Path templates, Path libraries) {
    PrometheusApi.consoles(routes, new Consoles.Folders(templates, libraries), settings, parts);
  }

  /** Responds to every query with the same. */
  static final class Fixed implements QueryEngine {
    Value value = new Value.Scalar(1000, 1);
    List<String> warnings = List.of();
    List<String> infos = List.of();
    String seen = "";
    @Nullable RuntimeException failure;

    @Override
    public PromqlEngine.Status status() {
      throw new UnsupportedOperationException();
    }

    private static String shown(QueryOptions o) {
      return "lookback "
          + o.lookbackMillis()
          + " timeout "
          + o.timeoutMillis()
          + " steps "
          + o.perStepStatistics();
    }

    private Prepared answer(String call) {
      seen = call;
      return new Prepared() {
        @Override
        public QueryResult execute() {
          if (failure != null) {
            throw failure;
          }
          return result();
        }

        @Override
        public void cancel() {}

        @Override
        public void close() {}

        @Override
        public Explanation explain() {
          throw new UnsupportedOperationException();
        }

        @Override
        public Analysis analyze() {
          throw new UnsupportedOperationException();
        }
      };
    }

    private QueryResult result() {
      return new QueryResult(
          value,
          warnings,
          infos,
          new QueryStatistics(
              0.5,
              0.25,
              0.125,
              0,
              0.0625,
              1e-7,
              7,
              6,
              5,
              new long[] {3, 4},
              null,
              1500,
              500,
              CacheReuse.NONE));
    }

    @Override
    public Prepared instant(String query, long time, QueryOptions options) {
      return answer(query + " at " + time + " " + shown(options));
    }

    @Override
    public Prepared range(String query, long start, long end, long step, QueryOptions options) {
      return answer(query + " from " + start + " to " + end + " by " + step + " " + shown(options));
    }
  }

  private final class Store implements StoreView {
    @Override
    public Statistics statistics(Scope scope, int limit) {
      List<Entry> entries = List.of(new Entry("up", 3), new Entry("down", 2));
      List<Entry> first = entries.subList(0, Math.min(limit, entries.size()));
      return new Statistics(5, 7, 9, -1, 2000, first, List.of(), List.of(), first);
    }

    @Override
    public Cardinality cardinality(Scope scope, CardinalityRequest r) {
      counted = r;
      if (r.limit() == 9999) {
        throw new StorageException(StorageException.Reason.LIMIT, "counting 5 series is too much");
      }
      return new Cardinality(
          2,
          100,
          0.0062,
          512.5,
          7,
          List.of(new LabelCardinality("pod", 40, 90, 12, 45100)),
          3,
          List.of(new Entry("up", 60)),
          List.of(new Entry("job=x", 70)));
    }

    @Override
    public List<Block> blocks() {
      return List.of(
          new Block(
              "01ABC", 0, 7200000, 10, 10, 0, 2, 3, 0, 512, 1, List.of("01ABC"), List.of(), 0));
    }

    @Override
    public Storage storage() {
      return new Storage(
          List.of(
              new Section("head", List.of(new Entry("series", 5), new Entry("minTime", -1))),
              new Section("log", List.of(new Entry("bytes", 12)))),
          new Memory(30, 60, "normal", 1, 2, 70, List.of(new Entry("samples", 30))),
          List.of(new Encoding("constant", 2, 100, 50), new Encoding("labels", 0, 0, 7)),
          List.of(new Downsampled("5m", true, List.of(new Entry("blocks", 2)))));
    }

    @Override
    public Replay replay() {
      return new Replay(0, 4, 2);
    }

    @Override
    public void cleanTombstones() {
      cleaned++;
    }

    @Override
    public String snapshot(boolean withHead) {
      snapshots++;
      return withHead ? "with-head" : "blocks-only";
    }
  }

  /** Reads the field on each call, so that a test can change it. */
  private final class Targets implements TargetsView {
    @Override
    public List<String> pools() {
      return targets.pools();
    }

    @Override
    public List<Active> active() {
      return targets.active();
    }

    @Override
    public List<Dropped> dropped() {
      return targets.dropped();
    }

    @Override
    public Map<String, Integer> droppedCounts() {
      return targets.droppedCounts();
    }

    @Override
    public @Nullable String poolConfiguration(String pool) {
      return targets.poolConfiguration(pool);
    }

    @Override
    public @Nullable List<RelabelRule> relabelRules(String pool) {
      return targets.relabelRules(pool);
    }
  }

  /** There are no rules, but there are Alertmanagers that would receive alerts. */
  private final class Rules implements RulesView {
    @Override
    public List<RuleGroup> groups() {
      return List.of();
    }

    @Override
    public List<URI> alertmanagers() {
      return deliveries.stream().map(d -> URI.create(d.url())).toList();
    }

    @Override
    public List<AlertmanagerStatus> deliveries() {
      return deliveries;
    }

    @Override
    public List<String> droppedAlertmanagers() {
      return List.of();
    }
  }

  private final class Server implements ServerView {
    @Override
    public Readiness readiness() {
      return readiness;
    }

    @Override
    public List<StoreForecast> stores() {
      return stores;
    }

    @Override
    public String configuration() {
      return "global:\n  scrape_interval: 15s\n";
    }

    @Override
    public Map<String, String> flags() {
      return new TreeMap<>(Map.of("web.enable-lifecycle", "false", "alpha", "<1>"));
    }

    @Override
    public Runtime runtime() {
      return new Runtime(
          NOW, "/data", "host", NOW.plusMillis(322), true, NOW, 0, 12, 2, 1 << 30, "15d");
    }

    @Override
    public Build build() {
      return new Build("3.14.0", "abc", "main", "me", "20260102", "25");
    }

    @Override
    public Map<String, Map<String, Boolean>> features() {
      return Map.of("rules", Map.of("x", true));
    }

    @Override
    public Map<String, String> externalLabels() {
      return externalLabels;
    }

    @Override
    public URI externalUrl() {
      return URI.create("https://prom.example:8443/prefix");
    }

    @Override
    public int listenPort() {
      return 9090;
    }

    @Override
    public void reload() throws IOException {
      reloads++;
      if (reloadProblem != null) {
        throw new IOException(reloadProblem);
      }
    }

    @Override
    public boolean quit() {
      boolean first = !quit;
      quit = true;
      return first;
    }
  }

  /** Appends a float. */
  void sample(Labels labels, long time, double value) {
    try (Appender a = store.appender()) {
      a.append(a.series(labels), 0, time, value);
      a.commit();
    }
  }

  /** Appends a histogram. */
  void sample(Labels labels, long time, Histogram h) {
    try (Appender a = store.appender()) {
      a.append(a.series(labels), 0, time, h);
      a.commit();
    }
  }

  /** Appends an exemplar to a series that exists. */
  void exemplar(Labels labels, Exemplar x) {
    try (Appender a = store.appender()) {
      a.append(a.series(labels), x);
      a.commit();
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + listener.port() + path));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Status, a space, and the body. */
  String get(String path) {
    return show(send(request(path)));
  }

  /** The same by POST, with a form. */
  String post(String path, String form) {
    return show(
        send(
            request(path)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))));
  }

  private static String show(HttpResponse<String> r) {
    return r.statusCode() + " " + r.body();
  }

  @Override
  public void close() {
    notifications.close();
    listener.close();
    store.close();
    client.close();
  }
}
