package dev.tethys.pipeline.receiver.collectd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.CollectdProcess;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.Shown;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sender is collectd itself, which receives values over its socket. */
class CollectdReceiverTest {
  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private @Nullable PushReceiver receiver;
  private @Nullable CollectdProcess collectd;

  @AfterEach
  void stop() {
    if (collectd != null) {
      collectd.close();
    }
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private PushReceiver start(String more, Signal... signals) throws IOException {
    PushReceiver r =
        CollectdReceiverFactory.receiver(
            TestPipeline.read(
                new CollectdReceiverFactory().settings(), "{endpoint: '127.0.0.1:0'" + more + "}"),
            pipeline.of(signals.length == 0 ? new Signal[] {Signal.METRICS} : signals),
            null,
            Scheduler.system(),
            "receiver collectd",
            new Registry());
    r.start();
    receiver = r;
    return r;
  }

  /** Starts collectd with a plugin. */
  private void collectd(String plugin, String block) throws IOException {
    collectd = new CollectdProcess(dir, plugin, block);
  }

  private String tell(String line) throws Exception {
    return Objects.requireNonNull(collectd).tell(line);
  }

  private void tellAll() throws Exception {
    assertThat(tell("PUTVAL web1/load/load interval=10 1700000000:0.5:0.25:U")).startsWith("0 ");
    assertThat(tell("PUTVAL web1/cpu-0/cpu-idle interval=10 1700000000:4711")).startsWith("0 ");
    assertThat(tell("PUTVAL \"a.b/df-root[disk=x]/df_complex-free\" 1700000000.5:12.5"))
        .startsWith("0 ");
    assertThat(
            tell(
                "PUTNOTIF severity=warning time=1700000001 host=web1 plugin=df type=df_complex"
                    + " message=\"disk is full\""))
        .startsWith("0 ");
  }

  private void awaits(String point) throws Exception {
    try {
      Objects.requireNonNull(collectd)
          .flushUntil(() -> Shown.points(pipeline.batches).contains(point));
    } catch (AssertionError e) {
      throw new AssertionError(point + " in " + Shown.points(pipeline.batches), e);
    }
  }

  private void awaitsAll(String attributes) throws Exception {
    long t = 1_700_000_000_000_000_000L;
    awaits("load.shortterm gauge {host=web1, plugin=load} 0.5 @" + t);
    awaits("load.midterm gauge {host=web1, plugin=load} 0.25 @" + t);
    awaits("cpu.idle sum {dsname=value, host=web1, plugin=cpu, plugin_instance=0} 4711 @" + t);
    awaits(
        "df_complex.free gauge {disk=x, dsname=value, host=a.b, plugin=df, plugin_instance=root}"
            + " 12.5 @"
            + (t + 500_000_000));
    assertThat(Shown.points(pipeline.batches)).noneMatch(s -> s.startsWith("load.longterm"));
    Samples.until(() -> !Shown.records(pipeline.batches).isEmpty());
    assertThat(Shown.records(pipeline.batches))
        .containsExactly("13 {}{" + attributes + "} disk is full @" + (t + 1_000_000_000));
  }

  @Test
  void receivesJsonFromCollectd() throws Exception {
    PushReceiver r = start("", Signal.METRICS, Signal.LOGS);
    collectd(
        "write_http",
        "<Node n>\nURL \"http://127.0.0.1:"
            + r.httpPort()
            + "/any/path\"\nFormat \"JSON\"\nNotifications true\nBufferSize 1024\n</Node>");
    tellAll();
    awaitsAll("alertname=collectd_df_complex, host=web1, service=collectd");
  }

  private void overTheNetwork(String level, String security) throws Exception {
    Path users =
        Files.writeString(dir.resolve("users"), "# who\nbob: other\nalice:  w0nder land \n");
    PushReceiver r =
        start(
            ", network: {endpoint: '127.0.0.1:0', types_db: ["
                + CollectdProcess.TYPES
                + "], security_level: "
                + level
                + ", auth_file: '"
                + users
                + "'}",
            Signal.METRICS,
            Signal.LOGS);
    collectd(
        "network",
        "<Server \"127.0.0.1\" \"" + r.socketPort(0) + "\">\n" + security + "\n</Server>");
    tellAll();
    awaitsAll("host=web1, plugin=df, type=df_complex");
  }

  @Test
  void receivesPacketsFromCollectd() throws Exception {
    overTheNetwork("none", "");
  }

  /** Packets of collectd's multicast server setting, limited to this machine. */
  @Test
  void receivesMulticastPackets() throws Exception {
    PushReceiver r = start(", network: {endpoint: '239.192.74.66:0'}", Signal.METRICS);
    byte[] packet =
        HexFormat.of()
            .parseHex(
                "0000000977656231"
                    + "00" // host
                    + "0001000c00000000557f0e18" // time
                    + "000200096c6f616400" // plugin
                    + "000400096c6f616400" // type
                    + "0006000f00010100000000000"
                    + "02a40"); // a gauge, 13
    try (DatagramSocket s = new DatagramSocket()) {
      s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 0);
      s.send(
          new DatagramPacket(
              packet, packet.length, InetAddress.getByName("239.192.74.66"), r.socketPort(0)));
    }
    long until = System.nanoTime() + 20_000_000_000L;
    while (pipeline.batches.isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.onSpinWait();
    }
    assertThat(Shown.points(pipeline.batches)).hasSize(1).first().asString().contains("host=web1");
  }

  @Test
  void receivesSignedPackets() throws Exception {
    overTheNetwork("sign", "SecurityLevel Sign\nUsername \"alice\"\nPassword \"w0nder land\"");
  }

  @Test
  void receivesEncryptedPackets() throws Exception {
    overTheNetwork(
        "encrypt", "SecurityLevel Encrypt\nUsername \"alice\"\nPassword \"w0nder land\"");
  }

  private HttpResponse<String> post(int port, String query, String body) throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + query))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void rejectsOnlyTheInvalidElement() throws Exception {
    PushReceiver r = start(", attributes_prefix: dim_");
    String good =
        "{\"dsnames\":[\"value\"],\"dstypes\":[\"gauge\"],\"values\":[26790],\"time\":1434477504.484,"
            + "\"host\":\"h[a=b]\",\"plugin\":\"tail\",\"plugin_instance\":\"an[f=x]\",\"type\":\"memory\","
            + "\"type_instance\":\"old[k1=v1,k2=v2]_gen\"}";
    HttpResponse<String> a =
        post(r.httpPort(), "?dim_env=dev&dim_k1=mine&other=1", "[" + good + "]");
    assertThat(a.statusCode()).isEqualTo(200);
    assertThat(a.body()).isEqualTo("OK");
    String taken =
        "memory.old_gen gauge {a=b, dsname=value, env=dev, f=x, host=h, k1=mine, k2=v2,"
            + " plugin=tail, plugin_instance=an} 26790 @1434477504484000000";
    assertThat(Shown.points(pipeline.batches)).containsExactly(taken);
    pipeline.batches.clear();

    String bad = good.replace("gauge", "guess");
    String none = good.replace("\"time\":1434477504.484,", "");
    String events = "{\"message\":\"m\",\"severity\":\"OKAY\",\"time\":1,\"host\":\"h\"}";
    a = post(r.httpPort(), "", "[" + bad + "," + good + "," + none + "," + events + "]");
    assertThat(a.statusCode()).isEqualTo(400);
    assertThat(a.body())
        .contains("2 elements refused")
        .contains("element 1: unknown dstype guess: h[a=b]/tail-an[f=x]/memory-old")
        .contains("element 3: time is missing");
    assertThat(Shown.points(pipeline.batches)).hasSize(1);

    for (String malformed : List.of("", "{", "{}", "[1]", "[" + good)) {
      pipeline.batches.clear();
      assertThat(post(r.httpPort(), "", malformed).statusCode()).as(malformed).isEqualTo(400);
      assertThat(pipeline.batches).isEmpty();
    }
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ofSeconds(3));
    a = post(r.httpPort(), "", "[" + good + "]");
    assertThat(a.statusCode()).isEqualTo(503);
    assertThat(a.headers().firstValue("Retry-After")).contains("3");
  }

  @Test
  void reportsInvalidSettingsWithPosition() throws IOException {
    Path types =
        Files.writeString(dir.resolve("types"), "cpu value:DERIVE:0:U\nbad value:ODD:0:U\n");
    for (String yaml :
        new String[] {
          "{encoding: binary}",
          "{network: {security_level: sign}}",
          "{network: {security_level: high}}",
          "{network: {auth_file: /nowhere}}",
          "{network: {types_db: [/nowhere]}}",
          "{network: {types_db: ['" + types + "']}}"
        }) {
      assertThatThrownBy(() -> TestPipeline.read(new CollectdReceiverFactory().settings(), yaml))
          .as(yaml)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("test.yaml");
    }
  }
}
