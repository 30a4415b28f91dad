package dev.tethys.collect.scrape;

import static dev.tethys.testkit.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.ProfileBatchReader;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.web.client.HttpClientFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class ProfileScrapesTest {
  private static final ValueType SPACE = new ValueType("space", "bytes");

  private static final String ONLY_CPU =
      "pprof_config: {memory: {enabled: false}, block: {enabled: false}, goroutine: {enabled:"
          + " false}, mutex: {enabled: false}}";

  private interface Handler {
    void handle(HttpExchange exchange) throws IOException;
  }

  private final Map<String, Handler> pages = new ConcurrentHashMap<>();
  private final List<String> requests = java.util.Collections.synchronizedList(new ArrayList<>());
  private final List<ProfileBatch> stored =
      java.util.Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final ProfileScrapes scrapes =
      new ProfileScrapes(
          this::store, new HttpTransports(clients), new Registry(), ScrapeClock.SYSTEM);
  private final HttpServer server;
  private volatile boolean full;

  ProfileScrapesTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
  }

  @BeforeEach
  void start() {
    server.setExecutor(executor);
    server.createContext(
        "/",
        e -> {
          try (e) {
            requests.add(e.getRequestURI().toString());
            Handler h = pages.get(e.getRequestURI().getPath());
            if (h == null) {
              answer(e, 404, "no such page".getBytes(UTF_8));
            } else {
              h.handle(e);
            }
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    scrapes.close();
    server.stop(0);
    executor.shutdownNow();
    clients.close();
  }

  private static void answer(HttpExchange e, int status, byte[] body) throws IOException {
    e.sendResponseHeaders(status, body.length);
    e.getResponseBody().write(body);
  }

  private void store(ProfilesWriter w) throws IOException {
    if (full) {
      throw new IOException("profiles were not stored: disk is full");
    }
    byte[] b = w.toByteArray();
    stored.add(ProfileBatchReader.read(new OtlpReader().profiles(b, 0, b.length), 1));
  }

  /** Series without their private labels, with the totals of their profiles. */
  private List<String> totals(String type) {
    List<String> out = new ArrayList<>();
    for (ProfileBatch b : List.copyOf(stored)) {
      for (int r = 0; r < b.rows.count; r++) {
        Labels l = b.series.get(b.rows.series[r]);
        if (l.get("__type__").equals(type)) {
          out.add(l.get("__name__") + " " + l.get("service_name") + " " + b.rows.totals[r]);
        }
      }
    }
    return out;
  }

  private static final String DROP_ZONE_B =
      "relabel_configs: [{source_labels: [zone], regex: b, action: drop}]";

  private static ScrapeConfig job(String more, String... keys) {
    String yaml =
        """
        job_name: shop
        scrape_interval: 50ms
        scrape_timeout: 50ms
        """
            + String.join("\n", keys)
            + "\nprofiling_config:\n"
            + more.indent(2);
    return ScrapeConfig.read(YamlDocument.parse("test", null, yaml).root(), ScrapeDefaults.DEFAULT);
  }

  private void target(ScrapeConfig job) {
    Labels t = Labels.of("__address__", "127.0.0.1:" + server.getAddress().getPort(), "zone", "a");
    scrapes.apply(List.of(job));
    scrapes.targets(Map.of("shop", List.of(new TargetGroup("s", List.of(t), Labels.EMPTY))));
  }

  /** A heap profile as Go writes it: allocations since the start, and what is in use. */
  private static byte[] heap(long objects) {
    PprofWriter w =
        new PprofWriter(
            new ValueType("alloc_objects", "count"),
            new ValueType("alloc_space", "bytes"),
            new ValueType("inuse_space", "bytes"));
    w.add(
        List.of(new Frame("make", "a.go", 1), new Frame("main", "a.go", 9)),
        objects,
        64 * objects,
        7);
    return w.toGzip(0, 0, SPACE, 524288);
  }

  private static byte[] cpu(long nanos) {
    PprofWriter w = new PprofWriter(new ValueType("cpu", "nanoseconds"));
    w.add(List.of(new Frame("pay", "a.go", 1)), nanos);
    return w.toGzip(0, 0, new ValueType("cpu", "nanoseconds"), 10_000_000);
  }

  @Test
  void storesCounterDifferencesAcrossRestart() {
    long[] counts = {100, 130, 5, 9};
    AtomicInteger n = new AtomicInteger();
    pages.put(
        "/debug/pprof/allocs",
        e -> answer(e, 200, heap(counts[Math.min(n.getAndIncrement(), counts.length - 1)])));
    target(
        job(
            """
            pprof_config:
              block: {enabled: false}
              goroutine: {enabled: false}
              mutex: {enabled: false}
              process_cpu: {enabled: false}
            """));
    await(() -> totals("alloc_objects").size() >= 3 && totals("inuse_space").size() >= 4);
    assertThat(totals("alloc_objects").subList(0, 3))
        .containsExactly("memory shop 30", "memory shop 5", "memory shop 4");
    assertThat(totals("inuse_space")).allMatch(t -> t.equals("memory shop 7"));
    ScrapeManager.Pool pool = scrapes.pools().getFirst();
    assertThat(pool.active())
        .singleElement()
        .satisfies(t -> assertThat(t.url()).endsWith("/allocs"));
    await(() -> pool.active().getFirst().report().health() == TargetHealth.UP);
  }

  @Test
  void requestsProfilesOfTheIntervalWithTargetLabels() {
    pages.put("/app/debug/pprof/profile", e -> answer(e, 200, cpu(500)));
    pages.put("/app/custom", e -> answer(e, 200, cpu(1)));
    target(
        job(
            """
            path_prefix: /app
            pprof_config:
              memory: {enabled: false}
              goroutine: {enabled: false}
              mutex: {enabled: false}
              other: {path: /custom}
            """));
    await(() -> totals("cpu").contains("process_cpu shop 500"));
    await(() -> totals("cpu").contains("other shop 1"));
    assertThat(requests).contains("/app/debug/pprof/profile?seconds=1", "/app/custom");
    assertThat(stored.getFirst().series.getFirst().get("zone")).isEqualTo("a");
    assertThat(stored.getFirst().series.getFirst().get("job")).isEqualTo("shop");
    // A kind that fails has its own error and leaves the others alone.
    await(
        () ->
            scrapes.pools().getFirst().active().stream()
                .anyMatch(
                    t ->
                        t.url().endsWith("/block")
                            && "server returned HTTP status 404 Not Found"
                                .equals(t.report().lastError())));
  }

  private static byte[] gzip(byte[] b, int times) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream g = new GZIPOutputStream(out)) {
      for (int i = 0; i < times; i++) {
        g.write(b);
      }
    }
    return out.toByteArray();
  }

  /** A message with a location that refers to a function that does not exist, of a huge id. */
  private static byte[] hugeIds() {
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.int64(1, 1).int64(2, 1);
    w.end(m);
    m = w.begin(4);
    w.int64(1, -1);
    int line = w.begin(4);
    w.int64(1, Long.MIN_VALUE);
    w.end(line);
    w.end(m);
    w.string(6, "").string(6, "cpu");
    return w.toByteArray();
  }

  @Test
  void rejectsHostileResponsesByNameAndStoresTheNext() throws IOException {
    Map<String, byte[]> cases =
        Map.of(
            "decompresse", gzip(new byte[1 << 20], 80), // a bomb
            "no function 9223372036854775808", hugeIds(),
            "no sample types", new byte[0],
            "protobuf", "<html>not a profile</html>".getBytes(UTF_8));
    for (Map.Entry<String, byte[]> c : cases.entrySet()) {
      stored.clear();
      AtomicBoolean isHostile = new AtomicBoolean(true);
      pages.put(
          "/debug/pprof/profile", e -> answer(e, 200, isHostile.get() ? c.getValue() : cpu(3)));
      scrapes.apply(List.of());
      target(job(ONLY_CPU));
      Target t = scrapes.pools().getFirst().active().getFirst();
      await(() -> t.report().lastError() != null);
      assertThat(t.report().lastError()).contains(c.getKey());
      isHostile.set(false);
      await(() -> totals("cpu").contains("process_cpu shop 3"));
    }
  }

  @Test
  void storeFailureIsTheErrorOfTheTarget() {
    full = true;
    pages.put("/debug/pprof/profile", e -> answer(e, 200, cpu(3)));
    target(job(ONLY_CPU));
    await(
        () ->
            scrapes.pools().getFirst().active().stream()
                .anyMatch(
                    t -> "profiles were not stored: disk is full".equals(t.report().lastError())));
    full = false;
    await(() -> totals("cpu").contains("process_cpu shop 3"));
    scrapes.apply(List.of());
    int asked = requests.size();
    assertThat(scrapes.pools()).isEmpty();
    assertThat(requests).hasSize(asked);
  }

  @Test
  void countsDroppedTargetsOnceAndTargetLimitFailsAll() {
    ScrapeConfig job = job("{}", "target_limit: 1", "keep_dropped_targets: 1", DROP_ZONE_B);
    List<Labels> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String address = "127.0.0.1:" + (server.getAddress().getPort() + i);
      all.add(Labels.of("__address__", address, "zone", i < 2 ? "a" : "b"));
    }
    scrapes.apply(List.of(job));
    scrapes.targets(Map.of("shop", List.of(new TargetGroup("s", all, Labels.EMPTY))));
    ScrapeManager.Pool pool = scrapes.pools().getFirst();
    assertThat(pool.dropped()).hasSize(1);
    assertThat(pool.droppedCount()).isEqualTo(2);
    await(
        () ->
            pool.active().stream()
                .allMatch(
                    t ->
                        "target_limit exceeded (number of targets: 2, limit: 1)"
                            .equals(t.report().lastError())));
    assertThat(requests).isEmpty();
  }

  @Test
  void checksAndRewritesConfigurations() {
    assertThat(job("{}").tree().toString())
        .contains("memory={enabled=true, path=/debug/pprof/allocs, delta=false")
        .contains("fgprof={enabled=false}");
    assertThat(
            java.util.Objects.requireNonNull(job("pprof_config: {fgprof: {}}").profiling()).kinds())
        .containsKey("fgprof");
    assertThatThrownBy(() -> job("pprof_config: {mine: {enabled: true}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("kind mine has no path");
    assertThatThrownBy(
            () ->
                job(
                    "pprof_config: {memory: {enabled: false}, block: {enabled: false}, goroutine:"
                        + " {enabled: false}, mutex: {enabled: false}, process_cpu: {enabled:"
                        + " false}}"))
        .hasMessageContaining("no kind is enabled");
  }
}
