package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Messages of Amazon's mechanisms, compared with those of Amazon's library (aws-msk-iam-auth 2.3.2)
 * for the same keys and second, and their exchange through SASL.
 */
class MskLoginTest {
  private static final String HOST = "b-1.cluster.abc.c2.kafka.eu-west-1.amazonaws.com";
  private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  private static final ObjectMapper JSON = new ObjectMapper();

  private static MskIdentity identity(String region, String session, String now) {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    environment.put("AWS_SECRET_ACCESS_KEY", SECRET);
    environment.put("AWS_SESSION_TOKEN", session);
    Instant at = Instant.parse(now);
    return new MskIdentity(
        region,
        new AwsCredentials(
            new AwsCredentials.Settings("", "", Secret.NONE, "", "", "", false),
            new CredentialDependencies(
                call -> {
                  throw new IOException("nobody is asked");
                },
                () -> at,
                environment::get)),
        () -> at);
  }

  private static JsonNode payload(String session, String now) throws Exception {
    return JSON.readTree(identity("", session, now).payload(HOST));
  }

  @Test
  void payloadEqualsAmazons() throws Exception {
    JsonNode p = payload("", "2026-11-21T20:56:47Z");
    assertThat(p.propertyNames())
        .containsExactlyInAnyOrder(
            "version",
            "host",
            "user-agent",
            "action",
            "x-amz-algorithm",
            "x-amz-credential",
            "x-amz-date",
            "x-amz-expires",
            "x-amz-signedheaders",
            "x-amz-signature");
    assertThat(p.path("version").asString()).isEqualTo("2020_10_22");
    assertThat(p.path("host").asString()).isEqualTo(HOST);
    assertThat(p.path("action").asString()).isEqualTo("kafka-cluster:Connect");
    assertThat(p.path("x-amz-credential").asString())
        .isEqualTo("AKIDEXAMPLE/20261121/eu-west-1/kafka-cluster/aws4_request");
    assertThat(p.path("x-amz-date").asString()).isEqualTo("20261121T205647Z");
    assertThat(p.path("x-amz-expires").asString()).isEqualTo("900");
    assertThat(p.path("x-amz-signature").asString())
        .isEqualTo("0a5c25b76b14b2e6eba52a94f39b72482ecce25cc81a274f2ad46d7092a9916b");
  }

  @Test
  void signsWithTheSessionToken() throws Exception {
    JsonNode p = payload("IQoJb3Jp/Z2luX2Vj+EXAMPLE==", "2026-11-21T20:56:48Z");
    assertThat(p.path("x-amz-security-token").asString()).isEqualTo("IQoJb3Jp/Z2luX2Vj+EXAMPLE==");
    assertThat(p.path("x-amz-signature").asString())
        .isEqualTo("c113e1a4e7f23b02a46be95119f357706e02b985a1767aad60950426855912bd");
  }

  @Test
  void tokenEqualsAmazons() throws Exception {
    String token = identity("us-east-1", "", "2026-11-21T20:56:48Z").token("anything");
    assertThat(new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8))
        .isEqualTo(
            "https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect"
                + "&X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Fus-east-1%2Fkafka-cluster%2Faws4_request"
                + "&X-Amz-Date=20261121T205648Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=f6145caeefa0cd5120a1af0332675e6352667e4dc9ed3707324d3f77b4a2dbcc"
                + "&User-Agent=tethys");
  }

  @Test
  void exchangesOneSaslMessageEachWay() throws Exception {
    Map<String, Object> properties =
        settings("mechanism: AWS_MSK_IAM, aws_msk: {access_key: AKIDEXAMPLE, secret_key: s}");
    MskLogin handler = new MskLogin();
    handler.configure(properties, MskIdentity.MECHANISM, List.of());
    SaslClient c =
        Sasl.createSaslClient(new String[] {"AWS_MSK_IAM"}, null, "kafka", HOST, Map.of(), handler);
    assertThat(c.hasInitialResponse()).isTrue();
    JsonNode said = JSON.readTree(c.evaluateChallenge(new byte[0]));
    assertThat(said.path("x-amz-credential").asString()).startsWith("AKIDEXAMPLE/");
    assertThat(c.isComplete()).isFalse();
    assertThat(c.evaluateChallenge("{\"version\":\"2020_10_22\"}".getBytes(StandardCharsets.UTF_8)))
        .isNull();
    assertThat(c.isComplete()).isTrue();
    SaslClient silent =
        Sasl.createSaslClient(new String[] {"AWS_MSK_IAM"}, null, "kafka", HOST, Map.of(), handler);
    silent.evaluateChallenge(new byte[0]);
    assertThatThrownBy(() -> silent.evaluateChallenge(new byte[0]))
        .isInstanceOf(SaslException.class);
  }

  private static Map<String, Object> settings(String sasl) {
    return KafkaExporterSettings.TYPE
        .read(YamlDocument.parse("a.yml", null, "{tls: {}, auth: {sasl: {" + sasl + "}}}").root())
        .properties();
  }

  @Test
  void readsKeys() {
    assertThat(settings("mechanism: AWS_MSK_IAM"))
        .containsEntry("sasl.mechanism", "AWS_MSK_IAM")
        .containsEntry("security.protocol", "SASL_SSL");
    assertThat(
            settings(
                "mechanism: AWS_MSK_IAM_OAUTHBEARER, aws_msk: {region: eu-west-1, broker_addr: x}"))
        .containsEntry("sasl.mechanism", "OAUTHBEARER");
    for (String wrong :
        List.of(
            "mechanism: AWS_MSK_IAM, username: u, password: p",
            "mechanism: AWS_MSK_IAM, aws_msk: {access_key: k}",
            "username: u, password: p, aws_msk: {region: eu-west-1}")) {
      assertThatThrownBy(() -> settings(wrong)).as(wrong).isInstanceOf(ConfigException.class);
    }
  }
}
