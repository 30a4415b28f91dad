package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.authenticator.DefaultLogin;
import org.apache.kafka.common.security.authenticator.LoginManager;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.junit.jupiter.api.Test;

/** Kafka's login cache distinguishes the clients of different components. */
class PerClientLoginTest {
  private static final String AWS =
      "mechanism: AWS_MSK_IAM_OAUTHBEARER, aws_msk: {access_key: k, secret_key: s}";
  private static final String EXTENSION =
      "mechanism: OAUTHBEARER, oauthbearer_token_source: oauth2client";

  private static Map<String, Object> properties(String broker, String auth, Context context) {
    return PerClientLogin.of(
        KafkaExporterSettings.TYPE
            .read(
                YamlDocument.parse(
                        "a.yml", null, "{brokers: ['" + broker + "'], auth: {" + auth + "}}")
                    .root())
            .properties(),
        context);
  }

  private static LoginManager login(String broker, String sasl, Context context) throws Exception {
    Map<String, Object> p = new HashMap<>(properties(broker, "sasl: {" + sasl + "}", context));
    p.put("sasl.jaas.config", new Password(String.valueOf(p.get("sasl.jaas.config"))));
    p.put("sasl.login.callback.handler.class", KafkaTokenLogin.class);
    return LoginManager.acquireLoginManager(
        JaasContext.loadClientContext(p), "OAUTHBEARER", DefaultLogin.class, p);
  }

  private static String token(LoginManager login) {
    return login.subject().getPrivateCredentials(OAuthBearerToken.class).iterator().next().value();
  }

  private static String signed(LoginManager login) {
    return new String(Base64.getUrlDecoder().decode(token(login)), StandardCharsets.UTF_8);
  }

  @Test
  void separatesLoginsOfTwoRegions() throws Exception {
    LoginManager one = login("b-1.a.kafka.eu-west-1.amazonaws.com:9098", AWS, new TestContext());
    try {
      LoginManager other =
          login("b-1.b.kafka.us-east-1.amazonaws.com:9098", AWS, new TestContext());
      try {
        assertThat(signed(one)).startsWith("https://kafka.eu-west-1.amazonaws.com/");
        assertThat(signed(other)).startsWith("https://kafka.us-east-1.amazonaws.com/");
      } finally {
        other.release();
      }
    } finally {
      one.release();
    }
  }

  private static Context bearing(String token) {
    ClientAuth extension = () -> Map.of("Authorization", "Bearer " + token);
    return new TestContext(extension);
  }

  @Test
  void recreatedComponentsUseTheirOwnExtension() throws Exception {
    LoginManager before = login("b:9092", EXTENSION, bearing("before"));
    try {
      LoginManager after = login("b:9092", EXTENSION, bearing("after"));
      try {
        assertThat(token(before)).isEqualTo("before");
        assertThat(token(after)).isEqualTo("after");
      } finally {
        after.release();
      }
    } finally {
      before.release();
    }
  }

  /** Password and service name are not part of the JAAS text. */
  @Test
  void separatesTicketsOfOnePrincipal() {
    Map<String, Object> one =
        properties("b:9092", "kerberos: {username: u, password: p}", new TestContext());
    Map<String, Object> other =
        properties(
            "b:9092", "kerberos: {username: u, password: q, service_name: s}", new TestContext());
    assertThat(new Password(String.valueOf(one.get("sasl.jaas.config"))))
        .isNotEqualTo(new Password(String.valueOf(other.get("sasl.jaas.config"))));
    Map<String, Object> parsed = new HashMap<>(one);
    parsed.put("sasl.jaas.config", new Password(String.valueOf(one.get("sasl.jaas.config"))));
    assertThat(JaasContext.loadClientContext(parsed).configurationEntries()).hasSize(1);
  }

  @Test
  void keepsPropertiesWithoutALogin() {
    Map<String, Object> plain =
        KafkaExporterSettings.TYPE
            .read(YamlDocument.parse("a.yml", null, "{}").root())
            .properties();
    assertThat(PerClientLogin.of(plain, new TestContext())).isSameAs(plain);
  }
}
