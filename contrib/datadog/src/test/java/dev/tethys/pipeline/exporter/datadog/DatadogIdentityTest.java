package dev.tethys.pipeline.exporter.datadog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.exporter.client.HttpDouble;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The exchange as Datadog's agent has it, and a signature computed here as AWS describes it. */
class DatadogIdentityTest {
  private static final String ORGANISATION = "2f7d3b1e-0000-4000-8000-000000000001";
  private static final String SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

  private HttpDouble datadog;
  private HttpClientFactory http;
  private Instant now = Instant.parse("2026-03-04T05:06:07Z");

  @BeforeEach
  void start() throws IOException {
    datadog = new HttpDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    datadog.close();
    http.close();
  }

  private static DatadogSettings settings(String more) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml",
            null,
            "{api: {delegated_auth: {org_uuid: '%s', aws: {access_key: AKIDEXAMPLE,"
                    .formatted(ORGANISATION)
                + " secret_key: '"
                + SECRET
                + "'"
                + more
                + "}}}}");
    DatadogSettings s = DatadogSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private DatadogIdentity identity(DatadogSettings s) {
    return new DatadogIdentity(
        URI.create(datadog.url()), // instead of s.metricsUrl(), which requires TLS
        java.util.Objects.requireNonNull(s.delegated()),
        new CredentialDependencies(
            call -> http.client(HttpClientConfig.DEFAULT).send(call), () -> now, v -> null),
        Duration.ofSeconds(10));
  }

  private void gives(String key) {
    datadog.answer(
        200,
        "{\"data\":{\"type\":\"intake_api_key\",\"attributes\":{\"api_key\":\"" + key + "\"}}}");
  }

  private static byte[] hmac(byte[] key, String text) throws Exception {
    Mac m = Mac.getInstance("HmacSHA256");
    m.init(new SecretKeySpec(key, "HmacSHA256"));
    return m.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String sha256(String text) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static String decoded(String part) {
    return new String(Base64.getDecoder().decode(part), StandardCharsets.UTF_8);
  }

  @Test
  void signsARequestThatNamesTheOrganisation() throws Exception {
    gives("first");
    assertThat(identity(settings(", region: eu-west-1")).headers())
        .isEqualTo(Map.of("dd-api-key", "first"));
    HttpDouble.Got asked = datadog.requests().getFirst();
    assertThat(asked.method() + " " + asked.path()).isEqualTo("POST /api/v2/intake-key");
    String said = java.util.Objects.requireNonNull(asked.header("Authorization"));
    assertThat(said).startsWith("Delegated ");
    String[] parts = said.substring("Delegated ".length()).split("\\|", -1);
    assertThat(parts).hasSize(4);
    String body = "Action=GetCallerIdentity&Version=2011-06-15";
    assertThat(decoded(parts[0])).isEqualTo(body);
    assertThat(parts[2]).isEqualTo("POST");
    assertThat(decoded(parts[3])).isEqualTo("https://sts.eu-west-1.amazonaws.com");
    JsonNode headers = JsonMapper.builder().build().readTree(decoded(parts[1]));
    assertThat(headers.path("Host").path(0).asString("")).isEqualTo("sts.eu-west-1.amazonaws.com");
    assertThat(headers.path("X-Ddog-Org-Id").path(0).asString("")).isEqualTo(ORGANISATION);
    String canonical =
        """
        POST
        /

        content-type:application/x-www-form-urlencoded; charset=utf-8
        host:sts.eu-west-1.amazonaws.com
        x-amz-date:20260304T050607Z
        x-ddog-org-id:%s

        content-type;host;x-amz-date;x-ddog-org-id
        %s\
        """
            .formatted(ORGANISATION, sha256(body));
    byte[] key = hmac(("AWS4" + SECRET).getBytes(StandardCharsets.UTF_8), "20260304");
    for (String more : new String[] {"eu-west-1", "sts", "aws4_request"}) {
      key = hmac(key, more);
    }
    String toSign =
        "AWS4-HMAC-SHA256\n20260304T050607Z\n20260304/eu-west-1/sts/aws4_request\n"
            + sha256(canonical);
    assertThat(headers.path("Authorization").path(0).asString(""))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260304/eu-west-1/sts/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-date;x-ddog-org-id, Signature="
                + HexFormat.of().formatHex(hmac(key, toSign)));
  }

  @Test
  void keepsAKeyForAnHourOrUntilRejected() throws Exception {
    DatadogSettings s = settings("");
    DatadogIdentity identity = identity(s);
    HttpEndpoint endpoint =
        new HttpEndpoint(s.client(), identity, Map.of(), Duration.ofSeconds(10), http, () -> 0);
    URI url = URI.create(datadog.url()).resolve("/api/v2/series");
    gives("first");
    datadog.answer(403, "{}");
    assertThat(endpoint.call("POST", url, Map.of(), new byte[0]).status()).isEqualTo(403);
    datadog.answer(202, "{}"); // a key this young is kept
    endpoint.call("POST", url, Map.of(), new byte[0]);
    now = now.plus(Duration.ofMinutes(2));
    datadog.answer(403, "{}");
    endpoint.call("POST", url, Map.of(), new byte[0]);
    gives("second");
    datadog.answer(202, "{}");
    endpoint.call("POST", url, Map.of(), new byte[0]);
    now = now.plus(Duration.ofMinutes(61));
    gives("third");
    datadog.answer(202, "{}");
    endpoint.call("POST", url, Map.of(), new byte[0]);
    assertThat(datadog.requests().stream().map(g -> g.header("dd-api-key")))
        .containsExactly(null, "first", "first", "first", null, "second", null, "third");
  }

  @Test
  void reportsWhyNoKeyWasIssued() {
    DatadogIdentity identity = identity(settings(""));
    datadog.answer(
        403,
        "{\"errors\":[{\"title\":\"Forbidden\",\"detail\":\"no identity mapping was found\"}]}");
    assertThatThrownBy(identity::headers)
        .hasMessageContaining("/api/v2/intake-key")
        .hasMessageContaining("status 403: no identity mapping was found");
    datadog.answer(200, "<html>");
    assertThatThrownBy(identity::headers).hasMessageContaining("not valid JSON");
    datadog.answer(200, "{}");
    assertThatThrownBy(identity::headers).hasMessageContaining("without an API key");
  }

  /** A reader of the proof could show it to Datadog as well, for as long as AWS takes it. */
  @Test
  void sendsTheProofOnlyToVerifiedServers() {
    String api = "api: {delegated_auth: {org_uuid: b}}";
    for (String more :
        new String[] {
          "endpoint: 'http://agent:8126', ",
          "metrics: {endpoint: 'http://agent:8126'}, ",
          "endpoint: 'https://proxy', metrics: {endpoint: 'http://agent:8126'}, ",
          "tls: {insecure_skip_verify: true}, "
        }) {
      YamlDocument d = YamlDocument.parse("c.yaml", null, "{" + more + api + "}");
      assertThatThrownBy(() -> DatadogSettings.TYPE.read(d.root()))
          .as(more)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("api.delegated_auth must be")
          .hasMessageContaining("https://")
          .hasMessageContaining("insecure_skip_verify");
    }
    for (String more :
        new String[] {
          "", "endpoint: 'http://agent:8126', metrics: {endpoint: 'https://proxy'}, "
        }) {
      YamlDocument d = YamlDocument.parse("c.yaml", null, "{" + more + api + "}");
      assertThat(DatadogSettings.TYPE.read(d.root()).metricsUrl().getScheme()).isEqualTo("https");
    }
  }

  @Test
  void rejectsBothKeyAndIdentity() {
    for (String api :
        new String[] {"{}", "{key: a, delegated_auth: {org_uuid: b}}", "{delegated_auth: {}}"}) {
      YamlDocument d = YamlDocument.parse("c.yaml", null, "{api: " + api + "}");
      assertThatThrownBy(() -> DatadogSettings.TYPE.read(d.root()))
          .as(api)
          .isInstanceOf(ConfigException.class);
    }
  }
}
