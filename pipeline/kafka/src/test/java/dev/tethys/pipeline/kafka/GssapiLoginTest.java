package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.KerberosRealm;
import dev.tethys.testkit.Ports;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real broker lets in who has a ticket of a real KDC, by a keytab or a password. */
class GssapiLoginTest {
  private static final byte[] BODY =
      new WriteRequestWriter()
          .beginSeries(Labels.of("__name__", "up"))
          .sample(1000, 1)
          .endSeries()
          .toByteArray();

  @TempDir Path dir;

  @AfterEach
  void forgetTheRealm() {
    System.clearProperty("java.security.krb5.conf");
  }

  private static KafkaExporterSettings settings(String yaml) {
    return KafkaExporterSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root());
  }

  @Test
  @Timeout(120)
  void logsInToABrokerWithTickets() throws Exception {
    int plain = Ports.free();
    int guarded = Ports.free();
    Path realmDir = Files.createDirectory(dir.resolve("realm"));
    try (KerberosRealm realm = new KerberosRealm(realmDir)) {
      Path own = realm.keytab("kafka/localhost");
      Path writer = realm.keytab("writer");
      realm.add("typist", "pass=word+1");
      String listeners =
          """
          listeners=PLAINTEXT://127.0.0.1:%1$d,TICKETS://127.0.0.1:%2$d,CONTROLLER://127.0.0.1:%3$d
          advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,TICKETS://localhost:%2$d
          controller.quorum.voters=1@127.0.0.1:%3$d
          listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TICKETS:SASL_PLAINTEXT
          listener.name.tickets.sasl.enabled.mechanisms=GSSAPI
          sasl.kerberos.service.name=kafka
          listener.name.tickets.gssapi.sasl.jaas.config=\
            com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true isInitiator=false keyTab="%4$s" principal="kafka/localhost@%5$s";
          """
              .formatted(plain, guarded, Ports.free(), own, KerberosRealm.NAME);
      try (KafkaProcess broker =
          new KafkaProcess(
              dir, plain, plain, listeners, "-Djava.security.krb5.conf=" + realm.config())) {
        try (Admin a =
            Admin.create(
                Map.of("bootstrap.servers", broker.address(), "default.api.timeout.ms", 60_000))) {
          a.createTopics(List.of(new NewTopic("guarded", 1, (short) 1)))
              .all()
              .get(60, TimeUnit.SECONDS);
        }
        for (String who :
            List.of(
                "username: writer, keytab_file: '" + writer + "'",
                "username: typist, password: 'pass=word+1', realm: " + KerberosRealm.NAME)) {
          write(
              "{brokers: ['localhost:%d'], metrics: {topic: guarded, encoding: remote_write},"
                      .formatted(guarded)
                  + " auth: {kerberos: {config_file: '"
                  + realm.config()
                  + "', "
                  + who
                  + "}}}");
        }
        try (KafkaConsumer<byte[], byte[]> c =
            new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.address()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
          TopicPartition p = new TopicPartition("guarded", 0);
          assertThat(c.endOffsets(List.of(p)).get(p)).isEqualTo(2);
        }
        assertThat(realm.log()).contains("writer@", "typist@");
      }
    }
  }

  private static void write(String yaml) throws InterruptedException {
    Exporter out =
        new KafkaExporterFactory().create(settings(yaml), Signal.METRICS, new TestContext());
    BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
    out.consume(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, BODY, 1, 0), outcome::add);
    assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
    out.stop(Duration.ofSeconds(5));
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "{}",
            "kerberos: {}",
            "kerberos: {username: u, password: p, keytab_file: k}",
            "kerberos: {username: u, use_keytab: true}",
            "kerberos: {username: u}, sasl: {username: u, password: p}")) {
      String yaml = wrong.equals("{}") ? "{auth: {}}" : "{auth: {" + wrong + "}}";
      assertThatThrownBy(() -> settings(yaml)).as(wrong).isInstanceOf(ConfigException.class);
    }
    assertThat(settings("{auth: {kerberos: {username: u, service_name: k}}}").properties())
        .containsEntry("sasl.mechanism", "GSSAPI")
        .containsEntry("sasl.kerberos.service.name", "k")
        .hasEntrySatisfying(
            "sasl.jaas.config", v -> assertThat(v.toString()).contains("useTicketCache=\"true\""));
  }
}
