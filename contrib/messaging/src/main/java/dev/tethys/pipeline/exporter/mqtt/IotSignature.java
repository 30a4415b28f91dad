package dev.tethys.pipeline.exporter.mqtt;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.exporter.client.WebSocketAddress;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * WebSocket address signed with AWS keys for AWS IoT, created for each connection.
 *
 * <p>Sources: AWS IoT Core's developer guide, "Device communication protocols", and AWS's clients.
 * A session token is appended after the signature and not covered by it, unlike in other services.
 */
final class IotSignature {
  /** AWS's name of the service. */
  static final String SERVICE = "iotdevicegateway";

  private static final Duration HOLDS = Duration.ofMinutes(15);
  private static final Pattern REGION_OF_HOST =
      Pattern.compile("[a-z0-9-]+\\.iot\\.([a-z0-9-]+)\\.amazonaws\\.com(?:\\.cn)?(?::443)?");

  private final String region;
  private final String service;
  private final AwsCredentials credentials;
  private final InstantSource clock;

  /**
   * @param region "" for the region in the broker's name, or the machine's
   */
  IotSignature(String region, String service, AwsCredentials credentials, InstantSource clock) {
    this.region = region;
    this.service = service;
    this.credentials = credentials;
    this.clock = clock;
  }

  /** Creates one with keys from the configuration or from AWS's default locations. */
  static IotSignature of(CloudAuth.SigV4 c, HttpClientFactory clients) {
    InstantSource clock = InstantSource.system();
    return new IotSignature(
        c.region(),
        c.service(),
        new AwsCredentials(
            AwsCredentials.Settings.of(c),
            new CredentialDependencies(
                call -> clients.client(HttpClientConfig.DEFAULT).send(call),
                clock,
                System::getenv)),
        clock);
  }

  /** Signs the address; the signature is valid for some minutes. */
  WebSocketAddress sign(WebSocketAddress address) throws IOException {
    try {
      return signed(address, credentials.identity(), clock.instant());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while obtaining AWS keys");
    }
  }

  private WebSocketAddress signed(WebSocketAddress address, AwsIdentity keys, Instant now)
      throws IOException, InterruptedException {
    AwsIdentity bare = new AwsIdentity(keys.accessKey(), keys.secretKey(), "", keys.expires());
    URI uri = URI.create("https://" + address.authority() + address.path());
    SequencedMap<String, String> all =
        AwsSigner.presign(uri, bare, region(address.authority()), service, now, HOLDS, "");
    if (!keys.sessionToken().isEmpty()) {
      all.put("X-Amz-Security-Token", keys.sessionToken());
    }
    return address.withPath(uri.getRawPath() + "?" + AwsSigner.query(all));
  }

  private String region(String authority) throws IOException, InterruptedException {
    if (!region.isEmpty()) {
      return region;
    }
    Matcher m = REGION_OF_HOST.matcher(authority);
    return m.matches() ? m.group(1) : credentials.region();
  }

  /** Rejected keys are looked up again. */
  void refused() {
    credentials.refused();
  }
}
