package dev.tethys.pipeline.receiver.influx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.CollectdProcess;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBException;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.BatchPoints;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfluxReceiverTest {
  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private final Registry metrics = new Registry();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private @Nullable PushReceiver receiver;
  private @Nullable Process influxd;

  @AfterEach
  void stop() throws InterruptedException {
    http.close();
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
    Process p = influxd;
    if (p != null) {
      p.destroy();
      if (!p.waitFor(30, TimeUnit.SECONDS)) {
        p.destroyForcibly();
      }
    }
  }

  private PushReceiver start(String yaml) throws IOException {
    PushReceiver r =
        InfluxReceiverFactory.receiver(
            TestPipeline.read(new InfluxReceiverFactory().settings(), yaml),
            pipeline.of(Signal.METRICS),
            null,
            Scheduler.system(),
            "receiver influxdb",
            metrics);
    r.start();
    receiver = r;
    return r;
  }

  private HttpResponse<String> post(int port, String path, String body)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void convertsTelegrafsFirstSchemaToTypedMetrics() throws Exception {
    int port =
        start("{endpoint: '127.0.0.1:0', metrics_schema: telegraf-prometheus-v1}").httpPort();
    String lines =
        "requests_total,code=200 counter=3 1\nrequests_total,code=500 counter=1 1\n"
            + "took,code=200 0.5=1,1=2,count=5,sum=9 1\nload gauge=0.5 1\n";
    assertThat(post(port, "/write?precision=s", lines).statusCode()).isEqualTo(204);
    MetricsData data = (MetricsData) pipeline.batches.getFirst().takeTree();
    Map<String, MetricData<?>> metrics = new TreeMap<>();
    data.resources()
        .forEach(
            r ->
                r.scopes()
                    .forEach(
                        s ->
                            s.items()
                                .forEach(
                                    m -> metrics.put(m.name(), Objects.requireNonNull(m.data())))));
    assertThat(metrics.keySet()).containsExactly("load", "requests_total", "took");
    MetricData.Sum sum = (MetricData.Sum) Objects.requireNonNull(metrics.get("requests_total"));
    assertThat(sum.isMonotonic()).isTrue();
    assertThat(sum.points()).extracting(NumberDataPoint::doubleValue).containsExactly(3.0, 1.0);
    assertThat(metrics.get("load")).isInstanceOf(MetricData.Gauge.class);
    MetricData.Histogram took = (MetricData.Histogram) Objects.requireNonNull(metrics.get("took"));
    assertThat(took.points().getFirst().explicitBounds()).containsExactly(0.5, 1);
    assertThat(took.points().getFirst().bucketCounts()).containsExactly(1, 1, 3);
    assertThat(took.points().getFirst().sum()).isEqualTo(9);
  }

  @Test
  void receivesFromTheOfficialClient() throws Exception {
    int port = start("{endpoint: '127.0.0.1:0', database_label: db}").httpPort();
    try (InfluxDB client = InfluxDBFactory.connect("http://127.0.0.1:" + port, "u", "p")) {
      assertThat(client.ping().isGood()).isTrue();
      client.query(new Query("CREATE DATABASE metrics"));
      client.enableGzip();
      client.write(
          BatchPoints.database("metrics")
              .tag("dc", "far west")
              .point(
                  Point.measurement("disk,io")
                      .tag("path", "C:\\a b=c,d")
                      .addField("read", 7L)
                      .addField("rate", 0.25)
                      .addField("note", "said \"no\"")
                      .time(1_700_000_000_123L, TimeUnit.MILLISECONDS)
                      .build())
              .build());
      assertThat(Samples.of(pipeline.batches))
          .containsExactlyInAnyOrder(
              "{__name__=\"disk_io_read\", db=\"metrics\", dc=\"far west\", path=\"C:\\\\a b=c,d\"}"
                  + " 7.0 @1700000000123",
              "{__name__=\"disk_io_rate\", db=\"metrics\", dc=\"far west\", path=\"C:\\\\a b=c,d\"}"
                  + " 0.25 @1700000000123");
      pipeline.outcome = new Outcome.Rejected("out of order sample", 1);
      assertThat(
              org.junit.jupiter.api.Assertions.assertThrows(
                  InfluxDBException.class,
                  () ->
                      client.write(
                          "metrics", "", InfluxDB.ConsistencyLevel.ONE, "a v=1 1\nb v=2 2")))
          .hasMessageContaining("partial write: out of order sample dropped=1");
    }
  }

  @Test
  void rejectsOnlyTheInvalidLineInEachVersionsFormat() throws Exception {
    int port = start("{endpoint: '127.0.0.1:0'}").httpPort();
    String lines = "a v=1 1\nb\nc v=2 2\nd v=\n";
    HttpResponse<String> r = post(port, "/write?db=x&precision=s", lines);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo(
            "{\"error\":\"partial write: unable to parse 'b': missing fields\\nunable to parse"
                + " 'd v=': missing field value dropped=0\"}\n");
    r = post(port, "/api/v2/write?bucket=x&org=y&precision=s", lines);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body()).startsWith("{\"code\":\"invalid\",\"message\":\"partial write: unable");
    r = post(port, "/api/v3/write_lp?db=x&precision=second", lines);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(r.body())
        .isEqualTo(
            "{\"error\":\"partial write of line protocol"
                + " occurred\",\"data\":[{\"original_line\":\"b\",\"line_number\":2,\"error_message\":\"missing"
                + " fields\"},{\"original_line\":\"d"
                + " v=\",\"line_number\":4,\"error_message\":\"missing field value\"}]}\n");
    assertThat(Samples.of(pipeline.batches))
        .hasSize(6)
        .startsWith("{__name__=\"a_v\"} 1.0 @1000", "{__name__=\"c_v\"} 2.0 @2000");
    r = post(port, "/api/v3/write_lp?db=x&accept_partial=false", lines);
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(pipeline.batches).hasSize(3);
  }

  @Test
  void acknowledgesOnlyAcceptedData() throws Exception {
    int port = start("{endpoint: '127.0.0.1:0', max_request_body_size: 100}").httpPort();
    pipeline.outcome = new Outcome.Unavailable("queue is full", Duration.ofSeconds(3));
    HttpResponse<String> r = post(port, "/write?db=x", "a v=1 1\n");
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.headers().firstValue("Retry-After")).contains("3");
    assertThat(r.body()).isEqualTo("{\"error\":\"queue is full\"}\n");
    assertThat(post(port, "/write?db=x", "a v=1 1\n".repeat(20)).statusCode()).isEqualTo(413);
    assertThat(post(port, "/write?db=x&precision=d", "a v=1").body()).contains("invalid precision");
  }

  @Test
  void receivesLinesOverSocketsAndRetries() throws Exception {
    PushReceiver r =
        start(
            "{endpoint: '127.0.0.1:0', tcp_endpoint: '127.0.0.1:0', udp_endpoint: '127.0.0.1:0',"
                + " socket_precision: s}");
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    try (Socket s = new Socket("127.0.0.1", r.socketPort(0))) {
      s.getOutputStream().write("tcp v=1 1\nbad\ntcp v=2 2\nlast v=3 3".getBytes(UTF_8));
      s.shutdownOutput();
      Samples.until(() -> pipeline.batches.size() > 2);
      pipeline.outcome = Outcome.ACCEPTED;
      Samples.until(() -> Samples.of(pipeline.batches).contains("{__name__=\"last_v\"} 3.0 @3000"));
    }
    assertThat(Samples.of(pipeline.batches)).contains("{__name__=\"tcp_v\"} 2.0 @2000");
    try (DatagramSocket d = new DatagramSocket()) {
      byte[] b = "udp v=9 9\n".getBytes(UTF_8);
      d.send(new DatagramPacket(b, b.length, InetAddress.getByName("127.0.0.1"), r.socketPort(1)));
      Samples.until(() -> Samples.of(pipeline.batches).contains("{__name__=\"udp_v\"} 9.0 @9000"));
    }
    assertThat(
            metrics.gather().stream()
                .filter(f -> f.name().equals("tethys_receiver_refused_items_total"))
                .flatMap(f -> f.metrics().stream())
                .map(m -> m.labels() + " " + m.point()))
        .hasSize(1);
  }

  @Test
  void receivesDatagramsFromCollectd() throws Exception {
    PushReceiver r =
        start("{endpoint: '127.0.0.1:0', udp_endpoint: '127.0.0.1:0', socket_precision: ms}");
    try (CollectdProcess c =
        new CollectdProcess(
            dir,
            "write_influxdb_udp",
            "Server \"127.0.0.1\" \"" + r.socketPort(0) + "\"\nTimePrecision \"ms\"")) {
      assertThat(c.tell("PUTVAL web1/load/load interval=10 1700000000:0.5:0.25:1"))
          .startsWith("0 ");
      c.flushUntil(() -> !Samples.of(pipeline.batches).isEmpty());
      assertThat(Samples.of(pipeline.batches))
          .contains(
              "{__name__=\"load_shortterm\", host=\"web1\", type=\"load\"} 0.5 @1700000000000");
    }
  }

  /** Both get the same valid and invalid lines and must respond alike. */
  @Test
  void respondsLikeInfluxDb() throws Exception {
    Path program = Shared.peer("influxd");
    int port = Ports.free();
    Path conf = dir.resolve("influxd.conf");
    Files.writeString(
        conf,
        "bind-address = \"127.0.0.1:"
            + Ports.free()
            + "\"\nreporting-disabled = true\n[meta]\n  dir = \""
            + dir
            + "/meta\"\n[data]\n  dir = \""
            + dir
            + "/data\"\n  wal-dir = \""
            + dir
            + "/wal\"\n[http]\n  bind-address = \"127.0.0.1:"
            + port
            + "\"\n  log-enabled = false\n[monitor]\n  store-enabled = false\n");
    influxd =
        new ProcessBuilder(program.toString(), "-config", conf.toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("log").toFile())
            .start();
    Samples.until(
        () -> {
          try {
            return post(port, "/query?q=CREATE+DATABASE+d", "").statusCode() == 200;
          } catch (ConnectException e) {
            return false;
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    int own = start("{endpoint: '127.0.0.1:0'}").httpPort();
    String[] bodies = {
      "cpu",
      ",v=1",
      "cpu,",
      "cpu,a",
      "cpu,a=",
      "cpu,a= v=1",
      "cpu,=b v=1",
      "cpu,a=b=c v=1",
      "cpu,a=b,a=c v=1",
      "cpu v",
      "cpu v=",
      "cpu =1",
      "cpu v=1,",
      "cpu v=1,w",
      "cpu v=abc",
      "cpu v=1x",
      "cpu v=1.2.3",
      "cpu v=1e",
      "cpu v=-",
      "cpu v=+1",
      "cpu v=.5",
      "cpu v=5.",
      "cpu w=1.5i",
      "cpu w=99999999999999999999i",
      "cpu b=tru",
      "cpu b=True,c=FALSE,d=f,e=T",
      "cpu s=\"a b,c=d\"",
      "cpu s=\"abc",
      "cpu s=\"a\\\"b\"",
      "cpu v=1 abc",
      "cpu v=1 12x",
      "cpu v=1 1 2",
      "cpu v=NaN",
      "cpu v=inf",
      "good v=1 1\nbad\ngood v=2 2\nbad2 v=",
      "# c\n\n  \ncpu v=1 1",
      "  cpu v=1 1",
      "cpu  v=1  1",
      "cpu v=1 1 ",
      "cpu v=1 -1",
      "m\\,x,t\\ g=v\\=1 f\\ k=1 5",
      "",
      "cpu,a=b\\ v=1",
      "cpu v=1e400",
      "cpu s=\"line1\nline2\" 5\ncpu v=3",
      "cpu v=1;",
      "cpu v=0x1F",
      "cpu v=1,=2",
      "cpu v=1,,w=2",
      "cpu,a v=1",
      "cpu,a=b,c v=1",
      "cpu v==1"
    };
    for (String body : bodies) {
      HttpResponse<String> theirs = post(port, "/write?db=d", body);
      HttpResponse<String> ours = post(own, "/write?db=d", body);
      assertThat(ours.statusCode() + ours.body())
          .as(body)
          .isEqualTo(theirs.statusCode() + theirs.body());
    }
  }
}
