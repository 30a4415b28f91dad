package dev.tethys.pipeline.receiver.carbon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.CollectdProcess;
import dev.tethys.pipeline.receiver.Samples;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CarbonReceiverTest {
  @TempDir private Path dir;
  private final TestPipeline pipeline = new TestPipeline();
  private @Nullable PushReceiver receiver;

  @AfterEach
  void stop() {
    if (receiver != null) {
      receiver.stop(Duration.ZERO);
    }
  }

  private PushReceiver start(String yaml) throws IOException {
    PushReceiver r =
        CarbonReceiverFactory.receiver(
            TestPipeline.read(new CarbonReceiverFactory().settings(), yaml),
            pipeline.of(Signal.METRICS),
            Scheduler.system(),
            "receiver carbon",
            new Registry());
    r.start();
    receiver = r;
    return r;
  }

  private void awaits(String sample) throws InterruptedException {
    Samples.until(() -> Samples.of(pipeline.batches).contains(sample));
  }

  @Test
  void receivesLinesAndPicklesOverTcp() throws Exception {
    PushReceiver r =
        start(
            "{endpoint: '127.0.0.1:0', pickle_endpoint: '127.0.0.1:0', parser: {type: regex,"
                + " config: {name_separator: _, rules: [{regexp:"
                + " '(?P<name_a>test)\\.env(?P<key_env>[^.]*)\\.(?P<key_host>[^.]*)\\.(?P<name_b>.*)',"
                + " name_prefix: pre_, labels: {dot.key: dot.value}, type: cumulative}]}}}");
    try (Socket s = new Socket("127.0.0.1", r.socketPort(0))) {
      s.getOutputStream()
          .write("test.envprod.h1.x 1 10\nother.path;t=v 2 20\nbad\n".getBytes(UTF_8));
      awaits(
          "{__name__=\"pre_test_x\", dot_key=\"dot.value\", env=\"prod\", host=\"h1\"} 1.0 @10000");
      awaits("{__name__=\"other_path\", t=\"v\"} 2.0 @20000");
    }
    // pickle.dumps([('a.b;dc=west',(1700000000,1.5)), …], protocol=2)
    byte[] pickle =
        HexFormat.of()
            .parseHex(
                "80025d710028580b000000612e623b64633d7765737471014a00f15365473ff800000000000086710286710358010000006371044741d954fc405000004b0786710586710658010000006471074affffffff477ff0000000000000867108867109652e");
    try (Socket s = new Socket("127.0.0.1", r.socketPort(1))) {
      DataOutputStream out = new DataOutputStream(s.getOutputStream());
      out.writeInt(3);
      out.write(new byte[] {1, 2, 3}); // rejected alone
      out.writeInt(pickle.length);
      out.write(pickle);
      awaits("{__name__=\"a_b\", dc=\"west\"} 1.5 @1700000000000");
    }
  }

  @Test
  void receivesFromCollectd() throws Exception {
    PushReceiver r = start("{endpoint: '127.0.0.1:0'}");
    try (CollectdProcess c =
        new CollectdProcess(
            dir,
            "write_graphite",
            "<Node n>\nHost \"127.0.0.1\"\nPort \""
                + r.socketPort(0)
                + "\"\nUseTags true\n</Node>")) {
      assertThat(c.tell("PUTVAL web1/load/load interval=10 1700000000:0.5:0.25:1"))
          .startsWith("0 ");
      c.flushUntil(() -> !pipeline.batches.isEmpty());
      awaits(
          "{__name__=\"load_load_shortterm\", ds_name=\"shortterm\", host=\"web1\","
              + " plugin=\"load\", type=\"load\"} 0.5 @1700000000000");
    }
  }

  /** Pickles that Graphite's own relay creates from lines. */
  @Test
  void receivesPicklesFromCarbonRelay() throws Exception {
    Path relay = ServerProcess.find("carbon-relay");
    PushReceiver r = start("{endpoint: '127.0.0.1:0', pickle_endpoint: '127.0.0.1:0'}");
    int lines = Ports.free();
    Files.writeString(
        dir.resolve("carbon.conf"),
        """
        [relay]
        USER =
        LINE_RECEIVER_INTERFACE = 127.0.0.1
        LINE_RECEIVER_PORT = %d
        PICKLE_RECEIVER_INTERFACE = 127.0.0.1
        PICKLE_RECEIVER_PORT = %d
        RELAY_METHOD = consistent-hashing
        DESTINATIONS = 127.0.0.1:%d:a
        CARBON_METRIC_INTERVAL = 0
        """
            .formatted(lines, Ports.free(), r.socketPort(1)));
    Files.createDirectory(dir.resolve("storage"));
    Files.writeString(
        dir.resolve("storage-schemas.conf"), "[all]\npattern = .*\nretentions = 60s:1d\n");
    try (ServerProcess p =
            new ServerProcess(
                lines,
                dir.resolve("relay.log"),
                Map.of("GRAPHITE_ROOT", dir.toString()),
                List.of(
                    relay.toString(),
                    "--nodaemon",
                    "--config=" + dir.resolve("carbon.conf"),
                    "--logdir=" + dir.resolve("storage"),
                    "--pidfile=" + dir.resolve("relay.pid"),
                    "start"));
        Socket s = new Socket("127.0.0.1", p.port())) {
      s.getOutputStream().write("servers.a.load;dc=west 1.25 1700000000\n".getBytes(UTF_8));
      awaits("{__name__=\"servers_a_load\", dc=\"west\"} 1.25 @1700000000000");
    }
  }

  @Test
  void mapsPathsWithTheGraphiteExporterFile() throws Exception {
    Path file = dir.resolve("m.yml");
    Files.writeString(file, "mappings: [{match: 'a.*.c', name: 'a_c', labels: {b: $1}}]");
    PushReceiver r =
        start(
            "{endpoint: '127.0.0.1:0', transport: udp, strict_match: true, mapping_file: '"
                + file
                + "'}");
    try (DatagramSocket d = new DatagramSocket()) {
      byte[] b = "a.x.c 1 1\nleft.out 1 1\na.y.c 2 2".getBytes(UTF_8);
      d.send(new DatagramPacket(b, b.length, InetAddress.getByName("127.0.0.1"), r.socketPort(0)));
      awaits("{__name__=\"a_c\", b=\"y\"} 2.0 @2000");
    }
    assertThat(Samples.of(pipeline.batches)).hasSize(2);
  }

  @Test
  void rejectsRulesWithAScale() throws IOException {
    Path file = dir.resolve("mapping.yml");
    Files.writeString(file, "mappings: [{match: 'a.*', name: a, scale: 0.001}]");
    assertThatThrownBy(
            () ->
                TestPipeline.read(
                    new CarbonReceiverFactory().settings(), "{mapping_file: '" + file + "'}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("the rule for a.* has a scale")
        .hasMessageContaining("test.yaml");
  }

  @Test
  void reportsInvalidSettingsWithPosition() {
    for (String yaml :
        new String[] {
          "{transport: unix}",
          "{parser: {type: magic}}",
          "{parser: {type: regex}}",
          "{mapping_file: /nowhere.yml}",
          "{parser: {type: regex, config: {rules: [{regexp: '(?P<other>a)'}]}}}"
        }) {
      assertThatThrownBy(() -> TestPipeline.read(new CarbonReceiverFactory().settings(), yaml))
          .as(yaml)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("test.yaml");
    }
  }
}
