package dev.tethys.pipeline.exporter.datadog;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * API keys issued by Datadog for an AWS identity, with a limited lifetime (Datadog's documentation,
 * "Workload Identity Federation"). The proof is a signed AWS identity request that Datadog
 * executes; it names the organization and is valid only for it. Invariant: at most one key request
 * is in flight.
 */
final class DatadogIdentity implements ClientAuth {
  /** Lifetime of a key in Datadog's agent. */
  private static final Duration KEPT = Duration.ofHours(1);

  /** Minimum age at which a rejected key is replaced; a younger one would fare no better. */
  private static final Duration YOUNG = Duration.ofMinutes(1);

  private static final String QUESTION = "Action=GetCallerIdentity&Version=2011-06-15";
  private static final String USUAL_REGION = "us-east-1";
  private static final int MAX_ANSWER = 1 << 20;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final URI url;
  private final String organisation;
  private final String region;
  private final AwsCredentials aws;
  private final CredentialDependencies dependencies;
  private final Duration timeout;
  private final ReentrantLock fetching = new ReentrantLock();

  @GuardedBy("fetching")
  private @Nullable String key;

  @GuardedBy("fetching")
  private Instant since = Instant.MIN;

  /**
   * @param datadog URL without a path
   * @param dependencies dependencies without client authentication
   * @param timeout timeout of requests to Datadog
   */
  DatadogIdentity(
      URI datadog,
      DatadogSettings.Delegated settings,
      CredentialDependencies dependencies,
      Duration timeout) {
    this.url = datadog.resolve("/api/v2/intake-key");
    this.organisation = settings.organisation();
    this.region = settings.aws().region();
    this.aws = new AwsCredentials(AwsCredentials.Settings.of(settings.aws()), dependencies);
    this.dependencies = dependencies;
    this.timeout = timeout;
  }

  @Override
  public Map<String, String> headers() throws IOException {
    try {
      fetching.lockInterruptibly();
      try {
        Instant now = dependencies.clock().instant();
        String k = key;
        if (k == null || !now.isBefore(since.plus(KEPT))) {
          k = fetch(now);
          key = k;
          since = now;
        }
        return Map.of("dd-api-key", k);
      } finally {
        fetching.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while requesting a key of Datadog", e);
    }
  }

  /** Whether the status rejects the credentials: Datadog returns 403 for an invalid key. */
  @Override
  public boolean isRefusal(int status) {
    return status == 401 || status == 403;
  }

  @Override
  public void refused() {
    fetching.lock();
    try {
      if (!dependencies.clock().instant().isBefore(since.plus(YOUNG))) {
        key = null;
      }
    } finally {
      fetching.unlock();
    }
  }

  private String fetch(Instant now) throws IOException, InterruptedException {
    ClientRequest call =
        ClientRequest.post(url, "application/json", new byte[0])
            .withHeader("Authorization", "Delegated " + proof(now))
            .withTimeout(timeout);
    try (ClientResponse a = dependencies.caller().send(call)) {
      byte[] body = a.bytes(MAX_ANSWER);
      if (a.status() != 200) {
        if (a.status() == 401) {
          aws.refused();
        }
        throw new IOException(
            url + ": Datadog did not return an API key: status " + a.status() + explained(body));
      }
      String k = JSON.readTree(body).path("data").path("attributes").path("api_key").asString("");
      if (k.isEmpty() || !k.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
        throw new IOException(url + ": a response without an API key");
      }
      return k;
    } catch (JacksonException e) {
      throw new IOException(url + ": the response is not valid JSON", e);
    }
  }

  /** Returns the server's error message; other parts of the response may contain a key. */
  private static String explained(byte[] body) {
    StringBuilder out = new StringBuilder();
    try {
      for (JsonNode e : JSON.readTree(body).path("errors")) {
        String detail = e.path("detail").asString(e.path("title").asString(""));
        out.append(": ").append(detail.replaceAll("\\p{Cntrl}", " "));
      }
    } catch (JacksonException e) {
      return "";
    }
    return out.length() <= 500 ? out.toString() : out.substring(0, 500);
  }

  /**
   * Builds the signed request used as proof, its parts in Base64: body, headers as JSON, method,
   * URL.
   */
  private String proof(Instant now) throws IOException, InterruptedException {
    String at = region.isEmpty() ? USUAL_REGION : region;
    String host =
        region.isEmpty()
            ? "sts.amazonaws.com"
            : "sts." + region + "." + AwsCredentials.domain(region);
    URI sts = URI.create("https://" + host);
    byte[] question = QUESTION.getBytes(StandardCharsets.US_ASCII);
    ClientRequest signed =
        AwsSigner.sign(
            ClientRequest.post(sts, "application/x-www-form-urlencoded; charset=utf-8", question)
                .withHeader("X-Ddog-Org-Id", organisation),
            aws.identity(),
            at,
            "sts",
            now,
            false);
    Map<String, List<String>> headers = new LinkedHashMap<>();
    signed.headers().forEach((k, v) -> headers.put(k, List.of(v)));
    headers.put("Host", List.of(host));
    return encoded(question)
        + "|"
        + encoded(JSON.writeValueAsBytes(headers))
        + "|POST|"
        + encoded(sts.toString().getBytes(StandardCharsets.US_ASCII));
  }

  private static String encoded(byte[] part) {
    return Base64.getEncoder().encodeToString(part);
  }
}
