package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real mosquitto, listened to by Eclipse's client. */
@Tag("contrib")
@Tag("slow")
class MqttExporterTest {
  private static final Duration TIME_LIMIT = Duration.ofMinutes(2);

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Got(String topic, int qos, String type, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  @TempDir Path folder;
  private final int port = Ports.free();
  private final int secured = Ports.free();
  private final Queue<Got> got = new ConcurrentLinkedQueue<>();
  private TestCertificates certificates;
  private ServerProcess broker;
  private org.eclipse.paho.mqttv5.client.MqttClient listener;

  @BeforeEach
  void startBroker() throws Exception {
    Path program = ServerProcess.find("mosquitto");
    certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("client", "dns:tethys");
    Path config =
        Files.writeString(
            folder.resolve("mosquitto.conf"),
            """
            user root
            per_listener_settings true
            listener %1$d 127.0.0.1
            allow_anonymous true
            max_queued_messages 0
            listener %2$d 127.0.0.1
            cafile %3$s/ca.crt
            certfile %3$s/server.crt
            keyfile %3$s/server.key
            require_certificate true
            allow_anonymous false
            password_file %3$s/passwords
            """
                .formatted(port, secured, folder));
    Process p =
        new ProcessBuilder(
                ServerProcess.find("mosquitto_passwd").toString(),
                "-b",
                "-c",
                folder.resolve("passwords").toString(),
                "writer",
                "secret")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("passwd.log").toFile())
            .start();
    assertThat(p.waitFor()).isZero();
    broker =
        new ServerProcess(
            port,
            folder.resolve("log"),
            Map.of(),
            List.of(program.toString(), "-c", config.toString()));
    listener =
        new org.eclipse.paho.mqttv5.client.MqttClient(
            "tcp://127.0.0.1:" + port, "listener", new MemoryPersistence());
    listener.setCallback(
        new MqttListener(
            (topic, m) ->
                got.add(
                    new Got(
                        topic, m.getQos(), m.getProperties().getContentType(), m.getPayload()))));
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

  private static Batch batch(int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < n; i++) {
      w.beginSeries(
          Labels.of(Labels.METRIC_NAME, "up", "job", i % 2 == 0 ? "a/b +#" : "node", "i", "" + i));
      w.sample(KnownSamples.START, i == 0 ? Double.NaN : i).endSeries();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n, 0);
  }

  @ParameterizedTest
  @CsvSource({"5,0", "5,1", "5,2", "3.1.1,0", "3.1.1,1", "3.1.1,2"})
  void samplesArriveAtTopicsOfLabels(String version, int qos) throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "mqtt",
            "endpoint: 'mqtt://127.0.0.1:%d', protocol_version: '%s', qos: %d, encoding: json,"
                    .formatted(port, version, qos)
                + " topic: 'site/{job}/{signal}/{none}'")) {
      p.send(batch(10));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(10);
      TestPipeline.await("two messages came", TIME_LIMIT, () -> got.size() >= 2);
    }
    assertThat(got).hasSize(2);
    Got first = got.stream().filter(g -> g.topic().contains("%2B")).findFirst().orElseThrow();
    assertThat(first.topic()).isEqualTo("site/a%2Fb %2B%23/metrics/none");
    assertThat(first.qos()).isEqualTo(qos);
    assertThat(first.type()).isEqualTo(version.equals("5") ? "application/x-ndjson" : null);
    assertThat(first.text().lines())
        .hasSize(5)
        .contains(
            "{\"name\":\"up\",\"labels\":{\"i\":\"0\",\"job\":\"a/b"
                + " +#\"},\"timestamp\":1700000000000,\"value\":\"NaN\"}",
            "{\"name\":\"up\",\"labels\":{\"i\":\"8\",\"job\":\"a/b"
                + " +#\"},\"timestamp\":1700000000000,\"value\":8}");
  }

  @Test
  void splitsOtlpRequestsBySize() throws Exception {
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "mqtt",
            "endpoint: '127.0.0.1:%d', max_message_bytes: 2000".formatted(port))) {
      p.send(batch(200));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(200);
    }
    int[] points = {0};
    TestPipeline.await(
        "all points came",
        TIME_LIMIT,
        () -> {
          points[0] = 0;
          for (Got g : got) {
            points[0] += new OtlpReader().metrics(g.body(), 0, g.body().length).itemCount();
          }
          return points[0] >= 200;
        });
    assertThat(points[0]).isEqualTo(200);
    assertThat(got)
        .allMatch(g -> g.topic().equals("telemetry/metrics") && g.body().length <= 2000)
        .hasSizeGreaterThan(3);
  }

  @Test
  void sendsCertificatesAndPasswords() throws Exception {
    String tls =
        "tls: {ca_file: '%1$s/ca.crt', cert_file: '%1$s/client.crt', key_file: '%1$s/client.key'}"
            .formatted(folder);
    try (TestPipeline p =
        new TestPipeline(
            Signal.METRICS,
            "mqtt",
            "endpoint: 'mqtts://localhost:%d', username: writer, password: secret, encoding: influx, %s"
                .formatted(secured, tls))) {
      p.send(batch(3));
      p.drain(TIME_LIMIT);
      TestPipeline.await("it came", TIME_LIMIT, () -> !got.isEmpty());
    }
    assertThat(got.element().text()).contains("up,i=1,job=node value=1 1700000000000\n");
    String config =
        "yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {mqtt: {endpoint:"
            + " 'mqtts://localhost:%d', timeout: 60s, username: writer, password: wrong, %s}}, service:"
                .formatted(secured, tls)
            + " {pipelines: {metrics: {receivers: [otlp], exporters: [mqtt]}}}}";
    Printed printed = Printed.of("exporter", "check", "mqtt", "--config=" + config);
    assertThat(printed.status()).isNotZero();
    assertThat(printed.err()).containsAnyOf("not authorized", "bad username or password");
    printed =
        Printed.of("exporter", "check", "mqtt", "--config=" + config.replace("wrong", "secret"));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out())
        .contains("MQTT 5")
        .contains("42.5 to telemetry/metrics, and heard it there");
    printed =
        Printed.of(
            "exporter",
            "check",
            "mqtt",
            "--config="
                + config
                    .replace("wrong", "secret")
                    .replace("mqtt: {", "mqtt: {protocol_version: 3.1.1, retain: true, "));
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("MQTT 3.1.1").contains(", and heard it there");
    Path token = Files.writeString(folder.resolve("token"), "secret\n");
    printed =
        Printed.of(
            "exporter",
            "check",
            "mqtt",
            "--config=" + config.replace("password: wrong", "password_file: '" + token + "'"));
    assertThat(printed.err()).isEmpty();
  }

  @Test
  void faultsLoseNothing() throws Exception {
    try (FaultProxy proxy = new FaultProxy(port);
        TestPipeline p =
            new TestPipeline(
                Signal.METRICS,
                "mqtt",
                "endpoint: 'mqtt://127.0.0.1:%d', qos: 1, encoding: influx, timeout: 2s"
                    .formatted(proxy.port()))) {
      int n = 0;
      for (FaultProxy.Fault f :
          List.of(
              FaultProxy.Fault.REFUSED,
              FaultProxy.Fault.RESET_HALFWAY,
              FaultProxy.Fault.ANSWER_LOST,
              FaultProxy.Fault.NONE)) {
        proxy.set(f);
        WriteRequestWriter w = new WriteRequestWriter();
        for (int i = 0; i < 50; i++) {
          w.beginSeries(Labels.of(Labels.METRIC_NAME, "faults", "i", "" + (n * 50 + i)));
          w.sample(KnownSamples.START, i).endSeries();
        }
        p.send(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 50, 0));
        if (f != FaultProxy.Fault.NONE) {
          TestPipeline.await(f + " was met", TIME_LIMIT, () -> proxy.met() >= 2);
        }
        n++;
      }
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).isEqualTo(200);
    }
    TestPipeline.await("all samples came", TIME_LIMIT, () -> lines().size() >= 200);
    assertThat(lines()).hasSize(200);
  }

  private Set<String> lines() {
    Set<String> all = new TreeSet<>();
    got.forEach(g -> g.text().lines().forEach(all::add));
    return all;
  }

  @Test
  void rejectsLogsAsSamples() throws IOException {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> new TestPipeline(Signal.LOGS, "mqtt", "encoding: json").close())
        .hasMessageContaining("support only metrics");
  }
}
