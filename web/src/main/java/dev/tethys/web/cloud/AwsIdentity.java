package dev.tethys.web.cloud;

import java.time.Instant;

/**
 * Keys that calls to AWS are signed with.
 *
 * @param sessionToken {@code ""} for keys that last
 * @param expires expiration time; {@link Instant#MAX} for permanent keys
 */
public record AwsIdentity(
    String accessKey, String secretKey, String sessionToken, Instant expires) {
  /** Keys that last. */
  public static AwsIdentity of(String accessKey, String secretKey) {
    return new AwsIdentity(accessKey, secretKey, "", Instant.MAX);
  }

  @Override
  public String toString() {
    return "AwsIdentity[" + accessKey + "]";
  }
}
