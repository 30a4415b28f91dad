package dev.tethys.collect.receive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import dev.tethys.testkit.MemoryMetricStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RemoteWriteReceiverTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final String V2_TYPE =
      "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  private static final Labels UP = Labels.of("__name__", "up", "job", "a");
  private static final Labels DOWN = Labels.of("__name__", "down", "job", "a");

  private final Registry registry = new Registry();
  private MemoryMetricStore store = new MemoryMetricStore();

  private RemoteWriteReceiver receiver(RemoteWriteOptions o, ReceiveLimits limits) {
    return new RemoteWriteReceiver(
        store, o, limits, registry, InstantSource.fixed(Instant.ofEpochMilli(NOW)));
  }

  private RemoteWriteReceiver receiver() {
    return receiver(RemoteWriteOptions.DEFAULT, ReceiveLimits.DEFAULT);
  }

  private static byte[] snappy(byte[] b) {
    return SnappyBlock.encode(b, 0, b.length);
  }

  private static Exchange v1(byte[] request) {
    return Exchange.post(snappy(request))
        .with("Content-Encoding", "snappy")
        .with("Content-Type", "application/x-protobuf")
        .with("X-Prometheus-Remote-Write-Version", "0.1.0");
  }

  private static Exchange v2(byte[] request) {
    return Exchange.post(snappy(request))
        .with("Content-Encoding", "snappy")
        .with("Content-Type", V2_TYPE)
        .with("X-Prometheus-Remote-Write-Version", "2.0.0");
  }

  private double counter(String name) {
    return registry.gather().stream()
        .filter(f -> f.name().equals(name))
        .map(f -> ((MetricFamily.Value) f.metrics().getFirst().point()).value())
        .findFirst()
        .orElseThrow();
  }

  private static Histogram histogram(double count) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        0,
        0.001,
        0,
        count,
        1,
        new int[] {0, 1},
        new double[] {3},
        new int[0],
        new double[0],
        null);
  }

  @Test
  void acknowledgesRejectedRequestsOfCorootNodeAgent() throws IOException {
    CorootWriteReceiver coroot = new CorootWriteReceiver(receiver());
    byte[] bad =
        new WriteRequestWriter().beginSeries(Labels.EMPTY).sample(1, 1).endSeries().toByteArray();
    Exchange refused = v1(bad).with("User-Agent", "coroot-node-agent").to(coroot);
    assertThat(refused.summary()).isEqualTo("204 ");
    assertThat(refused.written()).isEqualTo("0 0 0");
    assertThat(v1(bad).with("User-Agent", "Prometheus/3.0").to(coroot).status).isEqualTo(400);
    store.failNextCommit(
        new StorageException(StorageException.Reason.UNAVAILABLE, "the disk is full"));
    byte[] good = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    assertThat(v1(good).with("User-Agent", "coroot-node-agent").to(coroot).status).isEqualTo(503);
  }

  @Test
  void storesVersion1() throws IOException {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(UP).sample(1000, 1).sample(2000, 0);
    w.exemplar(new Exemplar(Labels.of("trace_id", "x"), 1, 1000)).endSeries();
    w.beginSeries(DOWN).histogram(1000, histogram(3)).endSeries();
    w.metadata("up", new MetricMetadata(MetricType.GAUGE, "is it", ""));
    Exchange e = v1(w.toByteArray()).to(receiver());
    assertThat(e.summary()).isEqualTo("204 ");
    assertThat(e.written()).isEqualTo("2 1 1");
    assertThat(store.dump())
        .containsExactly(
            "down{job=\"a\"} @1000 {schema:0 count:3.0 sum:1.0 z:0.0 pos:[0, 1][3.0] neg:[][]}",
            "up{job=\"a\"} @1000 1.0",
            "up{job=\"a\"} @2000 0.0");
    assertThat(store.metadata()).containsKey("up");
    assertThat(store.exemplars(0, 9999, List.of(List.of(Matcher.equal("job", "a"))))).hasSize(1);
  }

  @Test
  void storesVersion2WithStartsAndMetadata() throws IOException {
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    w.beginSeries(UP)
        .sample(500, 1000, 1)
        .metadata(new MetricMetadata(MetricType.COUNTER, "h", "s"));
    w.exemplar(new Exemplar(Labels.of("trace_id", "x"), 1, 1000)).endSeries();
    w.beginSeries(Labels.of("__name__", "d_bucket", "le", "1")).sample(0, 1000, 3);
    w.metadata(new MetricMetadata(MetricType.HISTOGRAM, "dh", "")).endSeries();
    w.beginSeries(DOWN).histogram(500, 1000, histogram(3)).endSeries();
    Exchange e = v2(w.toByteArray()).to(receiver());
    assertThat(e.summary()).isEqualTo("204 ");
    assertThat(e.written()).isEqualTo("2 1 1");
    assertThat(store.dump()).contains("up{job=\"a\"} 500@1000 1.0");
    assertThat(store.metadata())
        .containsEntry("up", new MetricMetadata(MetricType.COUNTER, "h", "s"))
        .containsEntry("d", new MetricMetadata(MetricType.HISTOGRAM, "dh", ""));
    assertThat(counter("prometheus_api_remote_write_without_metadata_appended_samples_total"))
        .isEqualTo(1);
  }

  /** A series of version 1 without labels takes two bytes: a request may hold millions. */
  @Test
  void rejectsRequestOfInvalidSeriesWithOneLogLine() throws IOException {
    byte[] request = new byte[200_000];
    for (int i = 0; i < request.length; i += 2) {
      request[i] = 0x0a; // an empty series
    }
    List<LogRecord> lines = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            lines.add(r);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger log = Logger.getLogger("dev.tethys.receive.write");
    log.addHandler(handler);
    RemoteWriteReceiver r = receiver();
    try {
      assertThat(v1(request).to(r).summary())
          .startsWith("400 all 100000 series are invalid, the first: ");
      assertThat(v2(request).to(r).status).isIn(400, 204);
    } finally {
      log.removeHandler(handler);
    }
    assertThat(lines).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void badSampleOfVersion1RejectsTheRequest() throws IOException {
    store = new MemoryMetricStore(0);
    RemoteWriteReceiver r = receiver();
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(UP).sample(5000, 1).endSeries();
    assertThat(v1(w.toByteArray()).to(r).status).isEqualTo(204);
    w.clear().beginSeries(DOWN).sample(5000, 1).endSeries();
    w.beginSeries(UP).sample(4000, 1).endSeries();
    Exchange e = v1(w.toByteArray()).to(r);
    assertThat(e.summary()).isEqualTo("400 out of order sample");
    assertThat(e.written()).isEqualTo("0 0 0");
    assertThat(store.dump()).containsExactly("up{job=\"a\"} @5000 1.0");
    w.clear().beginSeries(UP).sample(5000, 2).endSeries();
    assertThat(v1(w.toByteArray()).to(r).summary())
        .isEqualTo("400 duplicate sample for timestamp 5000; overrides not allowed");
    w.clear().beginSeries(UP).sample(NOW + 600_001, 2).endSeries();
    assertThat(v1(w.toByteArray()).to(r).summary())
        .isEqualTo("400 out of bounds: timestamp is too far in the future");
    w.clear().beginSeries(UP).histogram(6000, histogram(4)).endSeries();
    assertThat(v1(w.toByteArray()).to(r).summary())
        .startsWith("400 3 observations found in buckets, but the Count field is 4");
  }

  @Test
  void badSampleOfVersion2KeepsOthers() throws IOException {
    store = new MemoryMetricStore(0);
    RemoteWriteReceiver r = receiver();
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    w.beginSeries(UP).sample(0, 5000, 1).sample(0, 4000, 1).sample(0, 6000, 1).endSeries();
    w.beginSeries(DOWN).histogram(0, 5000, histogram(4)).histogram(0, 6000, histogram(3));
    w.endSeries();
    w.beginSeries(Labels.of("job", "nameless")).sample(0, 1, 1).sample(0, 2, 1).endSeries();
    w.beginSeries(Labels.of("__name__", "empty")).endSeries();
    w.beginSeries(Labels.of("__name__", "late")).sample(0, NOW + 600_001, 1).endSeries();
    Exchange e = v2(w.toByteArray()).to(r);
    assertThat(e.status).isEqualTo(400);
    assertThat(e.text().lines())
        .containsExactly(
            "out of order sample for series {__name__=\"up\", job=\"a\"}",
            "3 observations found in buckets, but the Count field is 4: histogram's observation"
                + " count should equal the number of observations found in the buckets (in absence"
                + " of NaN) for series {__name__=\"down\", job=\"a\"}",
            "invalid metric name or labels, got {job=\"nameless\"}",
            "TimeSeries must contain at least one sample or histogram for series"
                + " {__name__=\"empty\"}",
            "out of bounds: timestamp is too far in the future for series {__name__=\"late\"}");
    assertThat(e.written()).isEqualTo("2 1 0");
    assertThat(store.dump()).hasSize(3);
    assertThat(counter("prometheus_api_remote_write_invalid_labels_samples_total")).isEqualTo(2);
  }

  @Test
  void skipsAndCountsInvalidLabelsOfVersion1() throws IOException {
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("job", "nameless")).sample(1, 1).sample(2, 1).endSeries();
    w.beginSeries(UP).sample(1, 1).endSeries();
    Exchange e = v1(w.toByteArray()).to(receiver());
    assertThat(e.status).isEqualTo(204);
    assertThat(store.dump()).containsExactly("up{job=\"a\"} @1 1.0");
    assertThat(counter("prometheus_api_remote_write_invalid_labels_samples_total")).isEqualTo(2);
  }

  @Test
  void reducesFinerHistograms() throws IOException {
    Histogram fine =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            9,
            0,
            0,
            3,
            1,
            new int[] {1, 2},
            new double[] {1, 2},
            new int[0],
            new double[0],
            null);
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(UP).histogram(1, fine).endSeries();
    assertThat(v1(w.toByteArray()).to(receiver()).status).isEqualTo(204);
    assertThat(store.dump())
        .containsExactly(
            "up{job=\"a\"} @1 {schema:8 count:3.0 sum:1.0 z:0.0 pos:[1, 1][3.0] neg:[][]}");
  }

  @Test
  void negotiatesTheMessageType() throws IOException {
    byte[] b = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    RemoteWriteReceiver r = receiver();
    assertThat(Exchange.post(snappy(b)).to(r).status).isEqualTo(204);
    assertThat(
            v1(b)
                .with("Content-Type", "application/x-protobuf; proto=prometheus.WriteRequest")
                .to(r)
                .status)
        .isEqualTo(204);
    assertThat(v1(b).with("Content-Type", "text/plain").to(r).summary())
        .isEqualTo(
            "415 expected application/x-protobuf as the first (media) part, got text/plain"
                + " content-type");
    assertThat(v1(b).with("Content-Type", "application/x-protobuf;proto=x.Y").to(r).summary())
        .isEqualTo(
            "415 got application/x-protobuf;proto=x.Y content type; unknown type for remote write"
                + " protobuf message x.Y, supported: prometheus.WriteRequest,"
                + " io.prometheus.write.v2.Request");
    assertThat(v1(b).with("Content-Encoding", "gzip").to(r).summary())
        .isEqualTo(
            "415 gzip encoding (compression) is not accepted by this server; only snappy is"
                + " acceptable");
    assertThat(new Exchange("GET", InputStream.nullInputStream(), 0).to(r).status).isEqualTo(405);
  }

  @Test
  void acceptsOnlyConfiguredMessages() throws IOException {
    RemoteWriteReceiver r =
        receiver(
            new RemoteWriteOptions(List.of(RemoteWriteOptions.V2), false, false),
            ReceiveLimits.DEFAULT);
    assertThat(v1(new byte[0]).to(r).summary())
        .isEqualTo(
            "415 prometheus.WriteRequest protobuf message is not accepted by this server; only"
                + " accepts io.prometheus.write.v2.Request");
  }

  @Test
  void allowsRetriesAfterStoreFailure() throws IOException {
    byte[] one = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    byte[] two =
        new WriteRequestV2Writer().beginSeries(UP).sample(0, 1, 1).endSeries().toByteArray();
    RemoteWriteReceiver r = receiver();
    for (Exchange e : List.of(v1(one), v2(two))) {
      store.failNextCommit(
          new StorageException(StorageException.Reason.UNAVAILABLE, "the disk is full"));
      e.to(r);
      assertThat(e.summary()).isEqualTo("503 the disk is full");
      assertThat(e.headers).containsEntry("Retry-After", "1");
      assertThat(e.written()).isEqualTo("0 0 0");
    }
  }

  @Test
  void newSeriesOverTheLimitDoNotAffectKnownOnes() throws IOException {
    Labels other = Labels.of("__name__", "other");
    byte[] one =
        new WriteRequestWriter()
            .beginSeries(other)
            .sample(2, 1)
            .sample(3, 1)
            .endSeries()
            .beginSeries(UP)
            .sample(1, 2)
            .endSeries()
            .toByteArray();
    byte[] two =
        new WriteRequestV2Writer()
            .beginSeries(other)
            .sample(0, 2, 1)
            .endSeries()
            .beginSeries(UP)
            .sample(0, 3, 3)
            .endSeries()
            .toByteArray();
    MemoryMetricStore full = new MemoryMetricStore().limitSeries(1);
    try (Appender a = full.appender()) {
      a.append(a.series(UP), 0, 0, 0);
      a.commit();
    }
    RemoteWriteReceiver limited =
        new RemoteWriteReceiver(
            full,
            RemoteWriteOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            new Registry(),
            InstantSource.system());
    for (Exchange e : List.of(v1(one), v2(two))) {
      // Not 429: who repeats the request would keep the series that are known waiting.
      assertThat(e.to(limited).summary()).isEqualTo("400 the limit of 1 series is reached");
      assertThat(e.written()).isEqualTo("1 0 0");
    }
  }

  @Test
  void rejectsHostileBodiesWithinBounds() throws IOException {
    RemoteWriteReceiver r =
        receiver(RemoteWriteOptions.DEFAULT, new ReceiveLimits(1 << 20, 2 << 20, 16 << 20));
    // an endless body
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 1;
          }

          @Override
          public int read(byte[] b, int off, int len) {
            return len;
          }
        };
    assertThat(new Exchange("POST", endless, -1).to(r).summary())
        .isEqualTo("413 the body is larger than the limit of 1048576 bytes");
    // a length that is declared too large is not even read
    assertThat(new Exchange("POST", InputStream.nullInputStream(), 1L << 40).to(r).status)
        .isEqualTo(413);
    // bombs
    byte[] zeros = new byte[3 << 20];
    assertThat(Exchange.post(snappy(zeros)).to(r).summary())
        .isEqualTo("400 snappy: decoded length 3145728 exceeds limit 2097152");
    byte[] lie = {(byte) 0xff, (byte) 0xff, 0x7f, 0};
    assertThat(Exchange.post(lie).to(r).summary()).contains("cannot hold");
    assertThat(Exchange.post(new byte[0]).to(r).status).isEqualTo(400);
    // truncated protobuf
    byte[] b = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    assertThat(v1(java.util.Arrays.copyOf(b, b.length - 3)).to(r).summary())
        .startsWith("400 malformed protobuf");
    assertThat(store.dump()).isEmpty();
    assertThat(r.workspaces().inFlight()).isZero();
  }

  @Test
  void boundsMemoryInUse() throws IOException {
    RemoteWriteReceiver r =
        receiver(RemoteWriteOptions.DEFAULT, new ReceiveLimits(1 << 20, 2 << 20, 600_000));
    Exchange e = new Exchange("POST", new ByteArrayInputStream(new byte[1 << 20]), -1).to(r);
    assertThat(e.summary())
        .isEqualTo("503 too many bytes of requests are in progress, please send again later");
    assertThat(e.headers).containsEntry("Retry-After", "1");
    assertThat(r.workspaces().inFlight()).isZero();
    byte[] b = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    assertThat(v1(b).to(r).status).isEqualTo(204);
  }

  @Test
  void boundsTheProblemTextOfABadRequest() throws IOException {
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    for (int i = 0; i < 10_000; i++) {
      w.beginSeries(Labels.of("no_name", "x".repeat(100) + i)).sample(0, 1, 1).endSeries();
    }
    Exchange e = v2(w.toByteArray()).to(receiver());
    assertThat(e.status).isEqualTo(400);
    assertThat(e.text().length()).isLessThan(WriteV2.MAX_PROBLEM_CHARACTERS + 100);
    assertThat(e.text()).endsWith(" more");
  }

  @Test
  void reusesFewWorkspaces() throws Exception {
    RemoteWriteReceiver r = receiver();
    byte[] b = new WriteRequestWriter().beginSeries(UP).sample(1, 1).endSeries().toByteArray();
    try (var pool = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        pool.submit(() -> v1(b).to(r));
      }
    }
    assertThat(r.workspaces().idle()).isBetween(1, RequestBuffers.MAX_IDLE);
    assertThat(r.workspaces().inFlight()).isZero();
  }

  @Test
  void writesZeroAtTheStartIfConfigured() throws IOException {
    WriteRequestV2Writer w = new WriteRequestV2Writer();
    w.beginSeries(UP).sample(500, 1000, 7).endSeries();
    w.beginSeries(DOWN).histogram(500, 1000, histogram(3)).endSeries();
    RemoteWriteReceiver r =
        receiver(
            new RemoteWriteOptions(List.of(RemoteWriteOptions.V2), true, true),
            ReceiveLimits.DEFAULT);
    assertThat(v2(w.toByteArray()).to(r).written()).isEqualTo("1 1 0");
    assertThat(store.dump())
        .contains(
            "up{job=\"a\"} @500 0.0",
            "up{job=\"a\"} 500@1000 7.0",
            "down{job=\"a\"} @500 {schema:0 count:0.0 sum:0.0 z:0.0 pos:[][] neg:[][] RESET}");
  }

  @Property(tries = 500)
  void respondsToMutatedRequests(@ForAll long seed) throws IOException {
    Random r = new Random(seed);
    WriteRequestV2Writer w2 = new WriteRequestV2Writer();
    w2.beginSeries(UP).sample(1, 2, 3).histogram(1, 3, histogram(3)).endSeries();
    WriteRequestWriter w1 = new WriteRequestWriter();
    w1.beginSeries(UP).sample(2, 3).histogram(3, histogram(3)).endSeries();
    RemoteWriteReceiver receiver =
        new RemoteWriteReceiver(
            new MemoryMetricStore(),
            RemoteWriteOptions.DEFAULT,
            ReceiveLimits.DEFAULT,
            new Registry(),
            InstantSource.system());
    for (byte[] b : List.of(w1.toByteArray(), w2.toByteArray())) {
      for (int i = r.nextInt(3); i >= 0; i--) {
        b[r.nextInt(b.length)] = (byte) r.nextInt(256);
      }
      byte[] body = snappy(b);
      if (r.nextBoolean()) {
        body[r.nextInt(body.length)] = (byte) r.nextInt(256);
      }
      Exchange e =
          Exchange.post(body)
              .with("Content-Type", r.nextBoolean() ? V2_TYPE : "application/x-protobuf")
              .to(receiver);
      assertThat(e.status).isIn(204, 400);
    }
  }
}
