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
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.security.auth.callback.Callback;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.security.auth.SaslExtensionsCallback;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of an extension let a client in at a real broker, which looks into them. */
@Tag("slow")
class KafkaTokenLoginTest {
  @TempDir static Path dir;

  private static KafkaProcess broker;
  private static int guarded;

  /** A broker that takes tokens with the scope {@code telemetry}. */
  @BeforeAll
  static void start() throws Exception {
    int plain = Ports.free();
    guarded = Ports.free();
    String listeners =
        """
        listeners=PLAINTEXT://127.0.0.1:%1$d,TOKENS://127.0.0.1:%2$d,CONTROLLER://127.0.0.1:%3$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d,TOKENS://127.0.0.1:%2$d
        controller.quorum.voters=1@127.0.0.1:%3$d
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TOKENS:SASL_PLAINTEXT
        listener.name.tokens.sasl.enabled.mechanisms=OAUTHBEARER
        listener.name.tokens.oauthbearer.sasl.jaas.config=\
          org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required \
          unsecuredLoginStringClaim_sub="broker" unsecuredValidatorRequiredScope="telemetry";
        """
            .formatted(plain, guarded, Ports.free());
    broker = new KafkaProcess(dir, plain, plain, listeners);
    try (Admin a =
        Admin.create(
            Map.of("bootstrap.servers", broker.address(), "default.api.timeout.ms", 60_000))) {
      a.createTopics(
              List.of(
                  new NewTopic("guarded", 1, (short) 1),
                  new NewTopic("read", 1, (short) 1),
                  new NewTopic("dead", 1, (short) 1)))
          .all()
          .get(60, TimeUnit.SECONDS);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    broker.close();
  }

  /** Unsigned, as a broker without configured keys takes it. */
  private static String jwt(long expires, String scope) {
    Base64.Encoder b = Base64.getUrlEncoder().withoutPadding();
    String head = b.encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    String claims =
        "{\"sub\":\"writer\",\"iat\":%d,\"exp\":%d,\"scope\":\"%s\"}"
            .formatted(expires - 3600, expires, scope);
    return head + "." + b.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".";
  }

  private static Map<String, String> bearer(String jwt) {
    return Map.of("Authorization", "Bearer " + jwt);
  }

  private static String keys(String more) {
    return ("{brokers: ['127.0.0.1:%d'], %s, auth: {sasl: {mechanism: OAUTHBEARER,"
            + " oauthbearer_token_source: oauth2client, oauthbearer_extensions: {logicalCluster:"
            + " lkc-1}}}}")
        .formatted(guarded, more);
  }

  private static long written(String topic) {
    try (KafkaConsumer<byte[], byte[]> c =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition p = new TopicPartition(topic, 0);
      return Objects.requireNonNull(c.endOffsets(List.of(p)).get(p));
    }
  }

  private static KafkaExporterSettings settings(String sasl) {
    return KafkaExporterSettings.TYPE.read(
        YamlDocument.parse("a.yml", null, "{auth: {sasl: {" + sasl + "}}}").root());
  }

  @Test
  void sendsExtensionsWithTheToken() throws Exception {
    Map<String, Object> p =
        new HashMap<>(
            settings(
                    "mechanism: OAUTHBEARER, oauthbearer_token_source: oauth2client,"
                        + " oauthbearer_extensions: {logicalCluster: lkc-1, identityPoolId:"
                        + " pool-2}")
                .properties());
    ClientAuth extension = () -> bearer("x");
    p.put(KafkaTokenLogin.TOKENS, extension);
    KafkaTokenLogin login = new KafkaTokenLogin();
    login.configure(p, KafkaTokenLogin.MECHANISM, List.of());
    SaslExtensionsCallback asked = new SaslExtensionsCallback();
    login.handle(new Callback[] {asked});
    assertThat(asked.extensions().map())
        .isEqualTo(Map.of("logicalCluster", "lkc-1", "identityPoolId", "pool-2"));
    for (String wrong : List.of("{auth: x}", "{a_b: x}", "{a: \"\\n\"}", "{a: ''}")) {
      assertThatThrownBy(
              () ->
                  settings(
                      "mechanism: OAUTHBEARER, oauthbearer_token_source: oauth2client,"
                          + " oauthbearer_extensions: "
                          + wrong))
          .as(wrong)
          .hasMessageContaining("oauthbearer_extensions must be");
    }
    assertThatThrownBy(() -> settings("username: u, password: p, oauthbearer_extensions: {a: b}"))
        .hasMessageContaining("the mechanism OAUTHBEARER");
  }

  @Test
  @Timeout(120)
  void logsInToABrokerWithTokens() throws Exception {
    long now = System.currentTimeMillis() / 1000;
    AtomicInteger refused = new AtomicInteger();
    ClientAuth extension =
        new ClientAuth() {
          @Override
          public Map<String, String> headers() {
            // The first one has run out already.
            return bearer(jwt(now + (refused.get() == 0 ? -60 : 3600), "telemetry"));
          }

          @Override
          public void refused() {
            refused.incrementAndGet();
          }
        };
    String yaml = keys("metrics: {topic: guarded, encoding: remote_write}");
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
    assertThat(written("guarded")).isEqualTo(1);
  }

  /** Tokens that hold for an hour are not kept for one by who was refused with them. */
  @Test
  @Timeout(120)
  void logsInAgainAfterARejection() throws Exception {
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.address()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      p.send(new ProducerRecord<>("read", "no request".getBytes(StandardCharsets.UTF_8))).get();
    }
    long expires = System.currentTimeMillis() / 1000 + 3600;
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    ClientAuth extension =
        new ClientAuth() {
          @Override
          public Map<String, String> headers() {
            // the first tokens of the reader and of the dead letter writer
            return bearer(jwt(expires, asked.incrementAndGet() <= 2 ? "another" : "telemetry"));
          }

          @Override
          public void refused() {
            refused.incrementAndGet();
          }
        };
    KafkaReceiverFactory f = new KafkaReceiverFactory();
    String yaml =
        keys(
            "group_id: tokens, initial_offset: earliest, dead_letter_topic: dead,"
                + " error_backoff: {initial_interval: 10ms},"
                + " metrics: {topics: [read], encoding: remote_write}");
    Receiver in =
        f.create(
            f.settings().read(YamlDocument.parse("a.yml", null, yaml).root()),
            Map.of(Signal.METRICS, (b, r) -> r.complete(Outcome.ACCEPTED)),
            new TestContext(extension));
    in.start();
    while (written("dead") == 0) {
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      TimeUnit.MILLISECONDS.sleep(50); // polls another process
    }
    in.stop(Duration.ofSeconds(5));
    assertThat(written("dead")).isEqualTo(1);
    assertThat(refused).hasValueGreaterThanOrEqualTo(2);
  }

  @Test
  void rejectsConflictingSettings() {
    for (String wrong :
        List.of(
            "mechanism: OAUTHBEARER",
            "mechanism: OAUTHBEARER, oauthbearer_token_source: x, username: u",
            "mechanism: PLAIN, username: u, password: p, oauthbearer_token_source: x",
            "mechanism: PLAIN, username: u",
            "mechanism: AWS_MSK_IAM, oauthbearer_extensions: {a: b}",
            "mechanism: AWS_MSK_IAM_OAUTHBEARER, oauthbearer_extensions: {a: b}",
            "username: u, password: ''",
            "mechanism: GSSAPI, username: u, password: p")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
    assertThat(settings("mechanism: OAUTHBEARER, oauthbearer_token_source: o/b").properties())
        .containsEntry("sasl.mechanism", "OAUTHBEARER")
        .containsEntry("security.protocol", "SASL_PLAINTEXT");
  }
}
