package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real mosquitto with a file of keys, whose names are the users; listened to without TLS. */
@Tag("contrib")
@Tag("slow")
class MqttSharedKeyTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);
  private static final String KEY = "00112233445566778899aabbccddeeff";

  @TempDir Path folder;
  private final int port = Ports.free();
  private final int secured = Ports.free();
  private final Set<String> lines = new ConcurrentSkipListSet<>();
  private PeerProcess broker;
  private MqttClient listener;

  @BeforeEach
  void startBroker() throws Exception {
    Path program = ServerProcess.find("mosquitto");
    Files.writeString(folder.resolve("keys"), "brücke:" + KEY + "\n");
    Files.writeString(folder.resolve("rights"), "user brücke\ntopic readwrite #\n");
    Path config =
        Files.writeString(
            folder.resolve("mosquitto.conf"),
            """
            user root
            per_listener_settings true
            listener %1$d 127.0.0.1
            allow_anonymous true
            listener %2$d 127.0.0.1
            psk_hint tethys
            psk_file %3$s/keys
            use_identity_as_username true
            acl_file %3$s/rights
            """
                .formatted(port, secured, folder));
    broker = new PeerProcess(folder, port, List.of(program.toString(), "-c", config.toString()));
    listener = new MqttClient("tcp://127.0.0.1:" + port, "listener", new MemoryPersistence());
    listener.setCallback(
        new MqttListener(
            (topic, m) ->
                new String(m.getPayload(), StandardCharsets.UTF_8).lines().forEach(lines::add)));
    listen();
  }

  private void listen() throws Exception {
    MqttConnectionOptions o = new MqttConnectionOptions();
    o.setCleanStart(true);
    listener.connect(o);
    listener.subscribe("#", 2);
  }

  @AfterEach
  void stopBroker() throws Exception {
    if (listener != null) {
      listener.disconnectForcibly(0, 1000, false);
      listener.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  private static Batch batch(int from, int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = from; i < from + n; i++) {
      w.beginSeries(Labels.of(Labels.METRIC_NAME, "up", "i", "" + i, "pad", "x".repeat(300)));
      w.sample(KnownSamples.START, i).endSeries();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n, 0);
  }

  private String keys(int at, String more) {
    return "endpoint: 'mqtts://127.0.0.1:"
        + at
        + "', encoding: influx, psk_identity: brücke, timeout: 5s, "
        + more;
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2", "1.3"})
  void samplesArrive(String version) throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "mqtt",
            keys(secured, "qos: 2, psk: " + KEY + ", tls: {min_version: '" + version + "'}"))) {
      for (int i = 0; i < 5; i++) {
        p.send(batch(i * 1000, 1000));
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(5000);
      TestPipeline.await("all came", TIME_LIMIT, () -> lines.size() >= 5000);
    }
    assertThat(lines).hasSize(5000).anyMatch(l -> l.startsWith("up,i=4999,pad=xx"));
  }

  /** The file is read for each connection: who puts the right key there need not do more. */
  @Test
  void waitsAfterAWrongKey() throws Exception {
    Path file = Files.writeString(folder.resolve("key"), KEY.replace('0', '1') + "\n");
    try (TestPipeline p =
        new TestPipeline(Signal.METRICS, "mqtt", keys(secured, "psk_file: '" + file + "'"))) {
      p.send(batch(0, 10));
      TestPipeline.await("it is refused", TIME_LIMIT, () -> !p.refusal().isEmpty());
      assertThat(p.refusal()).contains("the key is not the one that it has");
      assertThat(p.balance().held()).isEqualTo(10);
      Files.writeString(file, KEY + "\n");
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(10);
    }
    TestPipeline.await("all came", TIME_LIMIT, () -> lines.size() >= 10);
  }

  @Test
  void killedBrokerReceivesTheRestAfterwards() throws Exception {
    try (TestPipeline p = new TestPipeline(Signal.METRICS, "mqtt", keys(secured, "psk: " + KEY))) {
      p.send(batch(0, 100));
      p.drain(TIME_LIMIT);
      broker.killAndRestart();
      listen();
      p.send(batch(100, 100));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(200);
      TestPipeline.await("the rest came", TIME_LIMIT, () -> among(100, 200) == 100);
    }
  }

  private long among(int from, int to) {
    Set<String> found = new TreeSet<>();
    for (String l : lines) {
      int i = Integer.parseInt(l.substring("up,i=".length(), l.indexOf(",pad")));
      if (i >= from && i < to) {
        found.add(l);
      }
    }
    return found.size();
  }

  @Test
  void faultsLoseNothing() throws Exception {
    try (FaultProxy proxy = new FaultProxy(secured);
        TestPipeline p =
            new TestPipeline(Signal.METRICS, "mqtt", keys(proxy.port(), "psk: " + KEY))) {
      int n = 0;
      for (FaultProxy.Fault f :
          List.of(
              FaultProxy.Fault.REFUSED,
              FaultProxy.Fault.RESET_HALFWAY,
              FaultProxy.Fault.ANSWER_LOST,
              FaultProxy.Fault.NONE)) {
        proxy.set(f);
        p.send(batch(50 * n++, 50));
        if (f != FaultProxy.Fault.NONE) {
          TestPipeline.await(f + " was met", TIME_LIMIT, () -> proxy.met() >= 2);
        }
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(200);
    }
    TestPipeline.await("all came", TIME_LIMIT, () -> lines.size() >= 200);
    assertThat(lines).hasSize(200);
  }

  private static Printed check(String keys) throws Exception {
    return Printed.of(
        "exporter",
        "check",
        "mqtt",
        "--config=yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {mqtt: {"
            + keys
            + "}}, service: {pipelines: {metrics: {receivers: [otlp], exporters: [mqtt]}}}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.2", "1.3"})
  void checkPublishesAndReceives(String version) throws Exception {
    Printed printed =
        check(keys(secured, "psk: " + KEY + ", tls: {min_version: '" + version + "'}"));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("MQTT 5").contains(", and heard it there");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "psk: 0011|the key is not the one that it has for the identity \"brücke\"",
        "psk: 0011, tls: {min_version: '1.3'}|the key is not the one that it has for the identity",
        "psk: ff, psk_identity: nobody|it does not know the identity \"nobody\"",
        "psk: ff, psk_identity: nobody, tls: {min_version: '1.3'}|it does not know the identity",
        "psk_file: '{folder}/none'|{folder}/none",
        "psk_file: '{folder}/bad'|{folder}/bad: character 1 of the key is not a hexadecimal digit",
      })
  void checkReportsInvalidKey(String more, String reason) throws Exception {
    Files.writeString(folder.resolve("bad"), "no key");
    String written = keys(secured, more).replace("{folder}", folder.toString());
    if (more.contains("psk_identity")) {
      written = written.replace("psk_identity: brücke, ", "");
    }
    Printed printed = check(written);
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err()).contains(reason.replace("{folder}", folder.toString()));
  }

  @Test
  void checkFailsOnPlaintextAndSilentBrokers() throws Exception {
    Printed printed = check(keys(port, "psk: " + KEY));
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err()).contains("TLS handshake");
    try (ServerSocket silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      printed = check(keys(silent.getLocalPort(), "psk: " + KEY).replace("5s", "300ms"));
      assertThat(printed.status()).isNotZero();
      assertThat(printed.err()).contains("timed out");
    }
  }
}
