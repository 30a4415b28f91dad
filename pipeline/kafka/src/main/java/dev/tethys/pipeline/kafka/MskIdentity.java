package dev.tethys.pipeline.kafka;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.json.JsonMapper;

/**
 * Client identity for Amazon MSK: parameters of a URL signed for AWS. The mechanism AWS_MSK_IAM
 * encodes them in JSON, OAUTHBEARER as a token (aws-msk-iam-auth's README, "Details").
 */
final class MskIdentity {
  /** SASL's name of the mechanism. */
  static final String MECHANISM = "AWS_MSK_IAM";

  /** The Collector's name of OAUTHBEARER with tokens of AWS. */
  static final String BY_TOKENS = "AWS_MSK_IAM_OAUTHBEARER";

  private static final String SERVICE = "kafka-cluster";
  private static final String QUERY = "/?Action=kafka-cluster%3AConnect";
  private static final Duration HOLDS = Duration.ofMinutes(15);
  private static final String AGENT = "tethys";
  private static final Pattern REGION_OF_HOST =
      Pattern.compile(".*\\.kafka(?:-serverless)?\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String region;
  private final AwsCredentials credentials;
  private final InstantSource clock;

  /**
   * @param region "" for the region in the broker's name, or the machine's
   */
  MskIdentity(String region, AwsCredentials credentials, InstantSource clock) {
    this.region = region;
    this.credentials = credentials;
    this.clock = clock;
  }

  /** Creates one with keys from the configuration or from AWS's default locations. */
  static MskIdentity of(CloudAuth.SigV4 c) {
    InstantSource clock = InstantSource.system();
    return new MskIdentity(
        c.region(),
        new AwsCredentials(
            AwsCredentials.Settings.of(c),
            new CredentialDependencies(
                call -> Clients.FACTORY.client(HttpClientConfig.DEFAULT).send(call),
                clock,
                System::getenv)),
        clock);
  }

  /** Created when keys are requested from the instance or a role. */
  private static final class Clients {
    static final HttpClientFactory FACTORY = new HttpClientFactory(AGENT);
  }

  private String region(String host) throws IOException, InterruptedException {
    if (!region.isEmpty()) {
      return region;
    }
    Matcher m = REGION_OF_HOST.matcher(host);
    return m.matches() ? m.group(1) : credentials.region();
  }

  private SequencedMap<String, String> signed(String host, String at)
      throws IOException, InterruptedException {
    return AwsSigner.presign(
        URI.create("https://" + host + QUERY),
        credentials.identity(),
        at,
        SERVICE,
        clock.instant(),
        HOLDS,
        "");
  }

  /** Returns the AWS_MSK_IAM payload for a broker. */
  byte[] payload(String host) throws IOException, InterruptedException {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("version", "2020_10_22");
    out.put("host", host);
    out.put("user-agent", AGENT);
    signed(host, region(host)).forEach((k, v) -> out.put(k.toLowerCase(Locale.ROOT), v));
    return JSON.writeValueAsBytes(out);
  }

  /** Returns the token for OAUTHBEARER; valid for every broker of a region. */
  String token(String broker) throws IOException, InterruptedException {
    String at = region(broker);
    String host = "kafka." + at + "." + AwsCredentials.domain(at);
    SequencedMap<String, String> all = signed(host, at);
    all.put("User-Agent", AGENT); // not signed
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(
            ("https://" + host + "/?" + AwsSigner.query(all)).getBytes(StandardCharsets.UTF_8));
  }

  /** Rejected keys are looked up again. */
  void refused() {
    credentials.refused();
  }
}
