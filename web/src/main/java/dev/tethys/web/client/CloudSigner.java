package dev.tethys.web.client;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.UrlHost;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.AzureTokens;
import dev.tethys.web.cloud.BearerTokens;
import dev.tethys.web.cloud.CredentialDependencies;
import dev.tethys.web.cloud.GoogleTokens;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/** Signs calls to a cloud, see {@link CloudAuth}. */
final class CloudSigner {
  private static final Map<String, String> SERVICES =
      Map.of("aps-workspaces", "aps", "search-", "es", "logs", "logs", "xray", "xray");

  private CloudSigner() {}

  static CallSigner of(CloudAuth cloud, CredentialDependencies dependencies) {
    return switch (cloud) {
      case CloudAuth.SigV4 c -> {
        AwsCredentials credentials =
            new AwsCredentials(AwsCredentials.Settings.of(c), dependencies);
        yield call ->
            CallSigner.Signed.of(
                AwsSigner.sign(
                    call,
                    credentials.identity(),
                    region(c, call.uri(), credentials),
                    service(c, call.uri()),
                    dependencies.clock().instant()));
      }
      case CloudAuth.AzureAd c -> bearer(azure(c, dependencies));
      case CloudAuth.GoogleIam c -> bearer(google(c, dependencies));
    };
  }

  static BearerTokens google(CloudAuth.GoogleIam c, CredentialDependencies dependencies) {
    return new GoogleTokens(c.credentialsFile(), c.scope(), dependencies);
  }

  /**
   * Returns the service in an AWS host name, by the prefixes that the Collector's sigv4auth knows;
   * the region is the second part of the name.
   */
  private static String service(CloudAuth.SigV4 c, URI to) throws IOException {
    if (!c.service().isEmpty()) {
      return c.service();
    }
    String host = String.valueOf(UrlHost.of(to));
    for (Map.Entry<String, String> e : SERVICES.entrySet()) {
      if (host.startsWith(e.getKey())) {
        return e.getValue();
      }
    }
    throw new IOException(
        "sigv4: the name " + host + " does not identify an AWS service: set service");
  }

  /**
   * Returns the configured region, the region in the host name, or the region found as in AWS's
   * tools, in this order.
   */
  private static String region(CloudAuth.SigV4 c, URI to, AwsCredentials credentials)
      throws IOException, InterruptedException {
    String host = String.valueOf(UrlHost.of(to));
    if (c.region().isEmpty()
        && c.service().isEmpty()
        && SERVICES.keySet().stream().anyMatch(host::startsWith)) {
      String[] labels = host.split("[.]", -1);
      if (labels.length > 2) {
        return labels[1];
      }
    }
    return credentials.region();
  }

  private static CallSigner bearer(BearerTokens tokens) {
    return call ->
        CallSigner.Signed.of(call.withHeader("Authorization", "Bearer " + tokens.token()));
  }

  private static BearerTokens azure(CloudAuth.AzureAd c, CredentialDependencies dependencies) {
    AzureTokens.Cloud cloud =
        switch (c.cloud()) {
          case "AzureChina" -> AzureTokens.Cloud.CHINA;
          case "AzureGovernment" -> AzureTokens.Cloud.GOVERNMENT;
          default -> AzureTokens.Cloud.PUBLIC;
        };
    String audience =
        switch (cloud) {
          case CHINA -> "https://monitor.azure.cn//.default";
          case GOVERNMENT -> "https://monitor.azure.us//.default";
          case PUBLIC -> "https://monitor.azure.com//.default";
        };
    CloudAuth.AzureAd.Identity i = c.identity();
    AzureTokens.Identity who =
        switch (c.method()) {
          case "managed_identity" -> new AzureTokens.Identity.Managed(i.clientId());
          case "workload_identity" ->
              new AzureTokens.Identity.Workload(i.tenantId(), i.clientId(), i.tokenFile());
          case "oauth" ->
              new AzureTokens.Identity.Application(i.tenantId(), i.clientId(), i.clientSecret());
          case "certificate" ->
              new AzureTokens.Identity.Certificate(
                  i.tenantId(),
                  i.clientId(),
                  Path.of(i.certificate()),
                  Path.of(i.certificateKey().isEmpty() ? i.certificate() : i.certificateKey()),
                  i.certificatePassword(),
                  i.sendChain());
          default -> new AzureTokens.Identity.Environment(i.tenantId());
        };
    return new AzureTokens(cloud, who, c.scope().isEmpty() ? audience : c.scope(), dependencies);
  }
}
