package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.web.cloud.AwsCredentials;

/** The keys that all mechanisms of AWS share. */
final class AwsKeys {
  final Key<String> endpoint;
  final Key<String> region;
  final Key<String> accessKey;
  final Key<Secret> secretKey;
  final Key<String> profile;
  final Key<String> roleArn;
  final Key<String> externalId;

  AwsKeys(Section s) {
    endpoint = s.key("endpoint", Type.STRING, "", "URL of the API; the region's own when empty.");
    region =
        s.key(
            "region",
            Type.STRING,
            "",
            "The region; when empty that of the environment, the profile or the machine.");
    accessKey =
        s.key(
            "access_key",
            Type.STRING,
            "",
            "Access key; without it keys are found as AWS's own programs find them.");
    secretKey = s.key("secret_key", Type.SECRET, Secret.NONE, "Its secret.");
    profile = s.key("profile", Type.STRING, "", "Profile of AWS's shared files.");
    roleArn = s.key("role_arn", Type.STRING, "", "A role to take on.");
    externalId = s.key("external_id", Type.STRING, "", "What that role asks for.");
  }

  AwsCredentials.Settings credentials(Settings s) {
    return new AwsCredentials.Settings(
        s.get(region),
        s.get(accessKey),
        s.get(secretKey),
        s.get(profile),
        s.get(roleArn),
        s.get(externalId),
        false);
  }

  /** One question after the other. */
  AwsApi api(String service, Settings s, DiscoveryContext context) {
    return api(service, s, 1, context);
  }

  /** So many at once. */
  AwsApi api(String service, Settings s, int concurrency, DiscoveryContext context) {
    return new AwsApi(service, s.get(endpoint), credentials(s), s.client(), concurrency, context);
  }
}
