package dev.tethys.store.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource.LabelResult;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.remote.influx.InfluxStoreType;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Ports;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Of three stores one is well, one overlaps with it, and one is not what it should be. */
@Timeout(60)
@Tag("slow")
class PartialAnswersTest {
  private static final long END = 1_000_000;
  private static final String STORE =
      "{name: %s, type: influxdb, url: 'http://127.0.0.1:%d', database: d, read_recent: true,"
          + " timeout: %s}";
  private static final Matcher M = Matcher.equal("__name__", "m");

  /** What is wrong with the third. */
  enum Wrong {
    DOWN("refused"),
    RESET(""),
    SILENT("no answer within 300ms"),
    DRIPPING("no answer within 300ms"),
    UNWELL("HTTP status 500: out of cheese"),
    NO_JSON(""),
    HALF(""),
    OTHER_JSON(""),
    WRONG_TYPES("");

    private final String said;

    Wrong(String said) {
      this.said = said;
    }
  }

  private final MemoryMetricStore local = new MemoryMetricStore();
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private final List<HttpServer> servers = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);

  @AfterEach
  void stop() {
    over.countDown();
    servers.forEach(s -> s.stop(0));
    clients.close();
  }

  /** What becomes of a question. */
  @FunctionalInterface
  private interface Said {
    void answer(HttpExchange x) throws IOException, InterruptedException;
  }

  private int serve(Said said) throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    s.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    s.createContext(
        "/",
        x -> {
          try (x) {
            said.answer(x);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    s.start();
    servers.add(s);
    return s.getAddress().getPort();
  }

  private static void say(HttpExchange x, int status, String body) throws IOException {
    x.getRequestBody().readAllBytes();
    byte[] b = body.getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(status, b.length);
    x.getResponseBody().write(b);
  }

  /** As InfluxDB has it: {@code m{i="…"}} with a value each second. */
  private static String points(String i, int from, int to, int plus) {
    StringBuilder sb = new StringBuilder();
    for (int t = from; t < to; t++) {
      sb.append(t == from ? "" : ",").append('[').append(t * 1000).append(',').append(t + plus);
      sb.append(",null]");
    }
    return "{\"results\":[{\"series\":[{\"name\":\"m\",\"tags\":{\"i\":\"%s\"},\"columns\":[\"time\",\"value\",\"value_text\"],\"values\":[%s]}]}]}"
        .formatted(i, sb);
  }

  private int wrong(Wrong wrong) throws IOException {
    return switch (wrong) {
      case DOWN -> Ports.free();
      case RESET -> serve(HttpExchange::close);
      case SILENT -> serve(x -> over.await());
      case DRIPPING ->
          serve(
              x -> {
                x.getRequestBody().readAllBytes();
                x.sendResponseHeaders(200, 0);
                while (!over.await(20, TimeUnit.MILLISECONDS)) {
                  x.getResponseBody().write(' ');
                  x.getResponseBody().flush();
                }
              });
      case UNWELL -> serve(x -> say(x, 500, "out of cheese"));
      case NO_JSON -> serve(x -> say(x, 200, "<html>Welcome to nginx!</html>"));
      case HALF -> serve(x -> say(x, 200, points("half", 0, 50, 0).substring(0, 300)));
      case OTHER_JSON -> serve(x -> say(x, 200, "[1,{\"a\":null},\"b\"]"));
      case WRONG_TYPES ->
          serve(x -> say(x, 200, points("types", 0, 3, 0).replace("1000", "\"no time\"")));
    };
  }

  private FederatedSource federated(Wrong wrong) throws Exception {
    try (Appender a = local.appender()) {
      long ref = a.series(Labels.of("__name__", "m", "i", "here"));
      a.append(ref, 0, 5000, 5);
      a.commit();
    }
    int first = serve(x -> say(x, 200, points("both", 0, 60, 0)));
    int second = serve(x -> say(x, 200, points("both", 30, 90, 1000)));
    return federated(
        "["
            + String.join(
                ",",
                STORE.formatted("first", first, "30s"),
                STORE.formatted("second", second, "30s"),
                STORE.formatted(
                    "third", wrong(wrong), wrong.said.contains("within") ? "300ms" : "30s"))
            + "]");
  }

  private FederatedSource federated(String yaml) throws Exception {
    FederatedSource f = new FederatedSource(local, () -> Long.MAX_VALUE, 1_000_000, new Registry());
    f.apply(
        List.of(),
        StoreConfig.readAll(
            StoreConfig.LIST.read(YamlDocument.parse("s.yml", null, yaml).root()),
            List.of(new InfluxStoreType())),
        Labels.EMPTY,
        clients);
    return f;
  }

  private static void isTold(List<String> warnings, Wrong wrong) {
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("stores: third: ")
        .containsPattern(wrong.said)
        .hasSizeGreaterThan("stores: third: ".length());
  }

  @ParameterizedTest
  @EnumSource(Wrong.class)
  void returnsTheSeriesOfWorkingStores(Wrong wrong) throws Exception {
    FederatedSource f = federated(wrong);
    try (Selection s = f.within(Scope.DEFAULT).select(SelectHints.range(0, END), List.of(M))) {
      isTold(s.warnings(), wrong);
      assertThat(s.size()).isEqualTo(2);
      assertThat(s.labels(0)).isEqualTo(Labels.of("__name__", "m", "i", "both"));
      SampleBuffer b = new SampleBuffer();
      s.read(0, b);
      assertThat(b.size).as("each time once").isEqualTo(90);
      for (int t = 0; t < 90; t++) { // what both have is that of the one named first
        assertThat(b.timestamps[t]).isEqualTo(t * 1000L);
        assertThat(b.values[t]).isEqualTo(t < 60 ? t : t + 1000);
      }
      s.read(1, b);
      assertThat(b.size).isEqualTo(1);
    }
    LabelResult names = f.within(Scope.DEFAULT).labelNames(0, END, List.of(M), 0);
    assertThat(names.values()).containsExactly("__name__", "i");
    isTold(names.warnings(), wrong);
    LabelResult values = f.within(Scope.DEFAULT).labelValues("i", 0, END, List.of(M), 0);
    assertThat(values.values()).containsExactly("both", "here");
    isTold(values.warnings(), wrong);
    List<String> told = new ArrayList<>();
    assertThat(
            f.within(Scope.DEFAULT).series(0, END, List.of(List.of(M), List.of(M)), 0, told::add))
        .containsExactly(
            Labels.of("__name__", "m", "i", "both"), Labels.of("__name__", "m", "i", "here"));
    isTold(told, wrong);
  }

  /** Each of its questions is answered in time; all of them are not. */
  @Test
  void allRequestsOfAQueryToAStoreShareOneTimeout() throws Exception {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      names.append(i == 0 ? "" : ",").append("[\"m").append(i).append("\"]");
    }
    String measurements =
        "{\"results\":[{\"series\":[{\"name\":\"measurements\",\"columns\":[\"name\"],\"values\":[%s]}]}]}"
            .formatted(names);
    AtomicInteger questions = new AtomicInteger();
    int slow =
        serve(
            x -> {
              String q = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
              if (questions.getAndIncrement() > 0) {
                over.await(20, TimeUnit.MILLISECONDS);
              }
              say(x, 200, q.contains("SHOW") ? measurements : "{}");
            });
    FederatedSource f = federated("[" + STORE.formatted("third", slow, "300ms") + "]");
    Matcher all = Matcher.of(Matcher.Type.REGEX, "__name__", ".+");
    try (Selection s = f.within(Scope.DEFAULT).select(SelectHints.range(0, END), List.of(all))) {
      isTold(s.warnings(), Wrong.SILENT);
    }
    assertThat(questions).as("of a hundred").hasValueLessThan(100);
  }
}
