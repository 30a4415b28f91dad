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
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of an extension let a client in at a real broker, which looks into them. */
class TokenLoginTest {
  @TempDir Path dir;

  /** Unsigned, as a broker takes it that was told of no keys. */
  private static String jwt(long expires) {
    Base64.Encoder b = Base64.getUrlEncoder().withoutPadding();
    String head = b.encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    String claims = "{\"sub\":\"writer\",\"iat\":" + (expires - 3600) + ",\"exp\":" + expires + "}";
    return head + "." + b.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".";
  }

  private static KafkaExporterSettings settings(String sasl) {
    return KafkaExporterSettings.TYPE.read(
        YamlDocument.parse("a.yml", null, "{auth: {sasl: {" + sasl + "}}}").root());
  }

  @Test
  @Timeout(120)
  void aBrokerLetsTokensIn() throws Exception {
    int plain = Ports.free();
    int guarded = Ports.free();
    String listeners =
        """
        listeners=PLAINTEXT://127.0.0.1:%1$d,TOKENS://127.0.0.1:%2$d,CONTROLLER://127.0.0.1:%3$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,TOKENS://127.0.0.1:%2$d
        controller.quorum.voters=1@127.0.0.1:%3$d
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TOKENS:SASL_PLAINTEXT
        listener.name.tokens.sasl.enabled.mechanisms=OAUTHBEARER
        listener.name.tokens.oauthbearer.sasl.jaas.config=\
          org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
        """
            .formatted(plain, guarded, Ports.free());
    try (KafkaProcess broker = new KafkaProcess(dir, plain, plain, listeners)) {
      try (Admin a =
          Admin.create(
              Map.of("bootstrap.servers", broker.address(), "default.api.timeout.ms", 60_000))) {
        a.createTopics(List.of(new NewTopic("guarded", 1, (short) 1)))
            .all()
            .get(60, TimeUnit.SECONDS);
      }
      long now = System.currentTimeMillis() / 1000;
      AtomicInteger refused = new AtomicInteger();
      ClientAuth extension =
          new ClientAuth() {
            @Override
            public Map<String, String> headers() {
              // The first one has run out already.
              return Map.of(
                  "Authorization", "Bearer " + jwt(now + (refused.get() == 0 ? -60 : 3600)));
            }

            @Override
            public void refused() {
              refused.incrementAndGet();
            }
          };
      String yaml =
          "{brokers: ['127.0.0.1:%d'], metrics: {topic: guarded, encoding: remote_write},"
                  .formatted(guarded)
              + " auth: {sasl: {mechanism: OAUTHBEARER, oauthbearer_token_source: oauth2client}}}";
      Exporter out =
          new KafkaExporterFactory()
              .create(
                  KafkaExporterSettings.TYPE.read(YamlDocument.parse("a.yml", null, yaml).root()),
                  Signal.METRICS,
                  new TestContext(extension));
      byte[] body =
          new WriteRequestWriter()
              .beginSeries(Labels.of("__name__", "up"))
              .sample(1000, 1)
              .endSeries()
              .toByteArray();
      BlockingQueue<Outcome> outcome = new LinkedBlockingQueue<>();
      out.consume(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0), outcome::add);
      assertThat(outcome.take()).isEqualTo(Outcome.ACCEPTED);
      out.stop(Duration.ofSeconds(5));
      assertThat(refused).hasPositiveValue();
      try (KafkaConsumer<byte[], byte[]> c =
          new KafkaConsumer<>(
              Map.of("bootstrap.servers", broker.address()),
              new ByteArrayDeserializer(),
              new ByteArrayDeserializer())) {
        TopicPartition p = new TopicPartition("guarded", 0);
        assertThat(c.endOffsets(List.of(p)).get(p)).isEqualTo(1);
      }
    }
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    for (String wrong :
        List.of(
            "mechanism: OAUTHBEARER",
            "mechanism: OAUTHBEARER, oauthbearer_token_source: x, username: u",
            "mechanism: PLAIN, username: u, password: p, oauthbearer_token_source: x",
            "mechanism: PLAIN, username: u",
            "username: u, password: ''",
            "mechanism: GSSAPI, username: u, password: p")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
    assertThat(settings("mechanism: OAUTHBEARER, oauthbearer_token_source: o/b").properties())
        .containsEntry("sasl.mechanism", "OAUTHBEARER")
        .containsEntry("security.protocol", "SASL_PLAINTEXT");
  }
}
