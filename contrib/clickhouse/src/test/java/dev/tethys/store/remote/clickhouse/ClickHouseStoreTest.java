package dev.tethys.store.remote.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.clickhouse.RowBinaryWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricSource.SeriesExemplars;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.remote.ForeignStore;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.store.remote.StoreLimits;
import dev.tethys.store.remote.StoreType;
import dev.tethys.store.remote.StoredSeries;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of rows; the tables of a real ClickHouse are read in tests of the program. */
class ClickHouseStoreTest {
  private static final UUID UP = new UUID(1, 1);
  private static final UUID OTHER = new UUID(2, 2);
  private static final SelectHints RANGE = SelectHints.range(0, 10_000);
  private static final List<Matcher> UPS =
      List.of(Matcher.of(Matcher.Type.EQUAL, Labels.METRIC_NAME, "up"));

  private static final String REFUSAL =
      "Code: 164. DB::Exception: Cannot modify 'enable_http_compression' setting in readonly mode."
          + " (READONLY) (version 26.7.2.1)";

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final List<String> settings = new CopyOnWriteArrayList<>();
  private volatile boolean readOnly;
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private HttpServer server;

  /** Answers with two series, one of which is not asked for, and with rows of both and a third. */
  private static byte[] answer(String sql) {
    RowBinaryWriter w = new RowBinaryWriter();
    if (sql.contains("metrics_series")) {
      w.uuid(UP).length(2).string("__name__").string("up").string("job").string("a");
      w.uuid(OTHER).length(1).string("__name__").string("down");
    } else if (sql.contains("metrics_samples")) {
      w.uuid(UP).int64(1000).float64(1);
      w.uuid(OTHER).int64(1000).float64(2);
      w.uuid(new UUID(3, 3)).int64(1000).float64(3);
      w.uuid(UP).int64(2000).float64(4);
    } else if (sql.contains("metrics_exemplars")) {
      for (UUID key : new UUID[] {UP, OTHER, UP}) {
        w.uuid(key).int64(1500).float64(0.5).length(1).string("trace_id").string("t");
      }
    }
    return w.toByteArray();
  }

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        x -> {
          String sql = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          asked.add(sql);
          settings.add(x.getRequestURI().getQuery());
          boolean refused = readOnly && settings.getLast().contains("enable_http_compression");
          byte[] b = refused ? REFUSAL.getBytes(StandardCharsets.UTF_8) : answer(sql);
          x.sendResponseHeaders(refused ? 500 : 200, b.length == 0 ? -1 : b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    clients.close();
  }

  private ForeignStore store(int maxSamples) throws IOException {
    String yaml =
        "[{name: far, type: clickhouse, url: 'http://127.0.0.1:%d'}]"
            .formatted(server.getAddress().getPort());
    StoreConfig c =
        StoreConfig.readAll(
                StoreConfig.LIST.read(YamlDocument.parse("s.yml", null, yaml).root()),
                List.of(new ClickHouseStoreType()))
            .getFirst();
    return c.opener()
        .open(
            new StoreType.Dependencies(
                clients, new StoreLimits(maxSamples, 1 << 20), new Registry()));
  }

  @Test
  void skipsRowsOfOtherKeys() throws Exception {
    try (ForeignStore s = store(100)) {
      List<StoredSeries> found = s.select(RANGE, UPS);
      assertThat(found).hasSize(1);
      assertThat(found.getFirst().labels()).isEqualTo(Labels.of("__name__", "up", "job", "a"));
      assertThat(found.getFirst().size()).isEqualTo(2);
      assertThat(found.getFirst().value(1)).isEqualTo(4);
      assertThat(asked).hasSize(3);
      assertThat(asked.get(1)).contains("metric IN ('up')").doesNotContain(OTHER.toString());
      assertThat(s.series(RANGE, UPS)).containsExactly(Labels.of("__name__", "up", "job", "a"));
    }
    try (ForeignStore s = store(17)) { // a series counts as sixteen
      assertThatThrownBy(() -> s.select(RANGE, UPS))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("store far");
    }
  }

  @Test
  void deduplicatesExemplars() throws Exception {
    try (ForeignStore s = store(100)) {
      List<SeriesExemplars> found = s.exemplars(RANGE, UPS);
      assertThat(found).hasSize(1);
      assertThat(found.getFirst().exemplars()).hasSize(1);
      assertThat(asked.getLast()).contains("metrics_exemplars", " FINAL");
    }
  }

  /** With {@code readonly = 1} in the user's profile. */
  @Test
  void readOnlyUserReadsWithoutCompression() throws Exception {
    readOnly = true;
    try (ForeignStore s = store(100)) {
      assertThat(s.select(RANGE, UPS)).hasSize(1);
      assertThat(settings).hasSize(4);
      assertThat(settings.getFirst()).contains("enable_http_compression=1");
      assertThat(settings.subList(1, 4))
          .allMatch(x -> !x.contains("compression") && x.contains("wait_end_of_query=1"));
    }
  }

  /** Profiles may have limits at which rows are omitted without a word. */
  @Test
  void responsesAreCompleteOrErrors() throws Exception {
    try (ForeignStore s = store(100)) {
      s.select(RANGE, UPS);
    }
    assertThat(settings)
        .allMatch(x -> x.contains("result_overflow_mode=throw"))
        .allMatch(x -> x.contains("timeout_overflow_mode=throw"))
        .allMatch(x -> x.contains("&read_overflow_mode_leaf=throw"))
        .allMatch(x -> x.contains("&timeout_overflow_mode_leaf=throw"))
        .allMatch(x -> x.contains("&limit=0&offset=0"));
  }
}
