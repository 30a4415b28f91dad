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
    endpoint =
        s.key("endpoint", Type.STRING, "", "URL of the API; the endpoint of the region if empty.");
    region =
        s.key(
            "region",
            Type.STRING,
            "",
            "AWS region; if empty, the region of the environment, the profile or the instance"
                + " metadata.");
    accessKey =
        s.key(
            "access_key",
            Type.STRING,
            "",
            "AWS access key; if empty, credentials are found by AWS's default credential chain.");
    secretKey = s.key("secret_key", Type.SECRET, Secret.NONE, "AWS secret key.");
    profile =
        s.key("profile", Type.STRING, "", "Named AWS profile of the shared configuration files.");
    roleArn = s.key("role_arn", Type.STRING, "", "ARN of an AWS role to assume.");
    externalId =
        s.key("external_id", Type.STRING, "", "External ID to send when assuming the role.");
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

  /** Creates an API client that sends one request at a time. */
  AwsApi api(String service, Settings s, DiscoveryContext context) {
    return api(service, s, 1, context);
  }

  /** Variant with up to {@code concurrency} concurrent requests. */
  AwsApi api(String service, Settings s, int concurrency, DiscoveryContext context) {
    return new AwsApi(service, s.get(endpoint), credentials(s), s.client(), concurrency, context);
  }
}
