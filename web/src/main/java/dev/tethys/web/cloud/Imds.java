package dev.tethys.web.cloud;

import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Client of the EC2 instance metadata service, IMDSv2, in which every request carries a token
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
 *
 * @param base the URL of the service, without a slash at its end
 */
public record Imds(String base) {
  private static final String ADDRESS = "http://169.254.169.254";

  /**
   * Returns the metadata service selected by environment variables.
   *
   * @throws IOException if the variables disable it or set an invalid URL
   */
  public static Imds of(Function<String, @Nullable String> environment) throws IOException {
    if ("true".equalsIgnoreCase(environment.apply("AWS_EC2_METADATA_DISABLED"))) {
      throw new IOException("access to EC2 metadata is switched off (AWS_EC2_METADATA_DISABLED)");
    }
    String own = environment.apply("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    String base = own == null ? "" : own.replaceAll("/+$", "");
    return new Imds(base.isEmpty() ? ADDRESS : CredentialDependencies.url(base).toString());
  }

  /** Creates a request for a token; the response body is the token. */
  public ClientRequest token(Duration timeout) {
    return new ClientRequest(
        "PUT",
        URI.create(base + "/latest/api/token"),
        Map.of("X-aws-ec2-metadata-token-ttl-seconds", "21600"),
        null,
        timeout,
        null);
  }

  /**
   * Builds the request for a path.
   *
   * @throws IOException if the resulting URL is invalid
   */
  public ClientRequest get(String path, String token) throws IOException {
    return ClientRequest.get(CredentialDependencies.url(base + path))
        .withHeader("X-aws-ec2-metadata-token", token);
  }
}
