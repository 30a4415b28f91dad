package dev.tethys.web.s3;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import java.net.URI;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A bucket, and the credentials for it.
 *
 * @param endpoint URL of a service with S3's API; "" for Amazon
 * @param pathStyle whether the bucket is in the path, instead of before the host's name
 * @param partBytes a larger object is sent in parts of this size
 * @param stored headers of an object that is begun: class of storage, encryption, rights
 * @param checksums whether bodies carry {@code x-amz-checksum-sha256}
 */
public record S3Location(
    String bucket,
    String endpoint,
    boolean pathStyle,
    int partBytes,
    Map<String, String> stored,
    boolean checksums,
    AwsCredentials.Settings credentials,
    HttpClientConfig client) {
  /** Minimum size that S3 accepts for a part other than the last. */
  public static final int MIN_PART = 5 << 20;

  /** Usual size of a part. */
  public static final int USUAL_PART = 16 << 20;

  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern ENDPOINT = Pattern.compile("https?://[^/?#]+");

  public S3Location {
    stored = Map.copyOf(stored);
  }

  /** Whether a text may be the name of a bucket. */
  public static boolean isBucket(String name) {
    return BUCKET.matcher(name).matches();
  }

  /** Whether a text may be an endpoint: scheme, host and port. */
  public static boolean isEndpoint(String url) {
    return ENDPOINT.matcher(url).matches();
  }

  /** Returns a copy for another bucket. */
  public S3Location in(String other) {
    return new S3Location(
        other, endpoint, pathStyle, partBytes, stored, checksums, credentials, client);
  }

  /** Returns the URL of an object, or of the bucket for "". */
  public URI url(String key, String region) {
    return url(key, "", region);
  }

  /** Whether a host is an IP address, or this machine. */
  private static boolean isAddress(@Nullable String host) {
    return host != null
        && (host.startsWith("[")
            || host.equalsIgnoreCase("localhost")
            || host.matches("\\d{1,3}(\\.\\d{1,3}){3}"));
  }

  /**
   * Returns the URL of an object with a query string.
   *
   * @param query encoded; "" for none
   */
  public URI url(String key, String query, String region) {
    String asked = query.isEmpty() ? "" : "?" + query;
    String at = endpoint;
    if (at.isEmpty()) {
      at = "https://s3." + region + "." + AwsCredentials.domain(region);
    }
    String path = AwsSigner.encodedPath(key).replace("%3D", "=");
    // No certificate covers a bucket with dots, and no name is below an address.
    if (pathStyle || bucket.contains(".") || isAddress(URI.create(at).getHost())) {
      return URI.create(at + "/" + bucket + (path.isEmpty() ? "" : "/" + path) + asked);
    }
    return URI.create(at.replaceFirst("://", "://" + bucket + ".") + "/" + path + asked);
  }
}
