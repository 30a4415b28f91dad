package dev.tethys.pipeline.client;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.s3.S3Location;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Map;

/** Keys of a bucket as the Collector's {@code awss3} components name them. */
public final class S3ClientKeys {
  private final Key<String> region;
  private final Key<String> bucket;
  private final Key<String> endpoint;
  private final Key<Boolean> pathStyle;
  private final Key<Boolean> plain;
  private final Key<String> role;
  private final Key<String> externalId;
  private final Key<String> accessKey;
  private final Key<Secret> secretKey;
  private final Key<Secret> sessionToken;
  private final Key<String> profile;

  /** Adds the keys to a section. */
  public S3ClientKeys(Section s) {
    region = s.key("region", Type.STRING, "us-east-1", "AWS region of the bucket.");
    bucket = s.required("s3_bucket", Type.STRING, "Name of the bucket, which must exist.");
    endpoint =
        s.key(
            "endpoint",
            Type.STRING,
            "",
            "URL of an S3-compatible service, such as http://minio:9000.");
    pathStyle =
        s.key(
            "s3_force_path_style",
            Type.BOOL,
            false,
            "If true, the bucket is part of the URL path instead of the host name.");
    plain = s.key("disable_ssl", Type.BOOL, false, "If true, requests use HTTP without TLS.");
    role = s.key("role_arn", Type.STRING, "", "ARN of the role to assume.");
    externalId = s.key("external_id", Type.STRING, "", "External ID that the role requires.");
    accessKey =
        s.key(
            "access_key",
            Type.STRING,
            "",
            "Access key; by default taken from the AWS credential chain.");
    secretKey = s.optional("secret_key", Type.SECRET, "Secret key of the access key.");
    sessionToken =
        s.key("session_token", Type.SECRET, Secret.NONE, "Session token of temporary keys.");
    profile = s.key("profile", Type.STRING, "", "Profile of the AWS configuration files.");
  }

  /**
   * Reads the keys.
   *
   * @param stored headers of objects
   */
  public S3Location read(YamlObject o, Map<String, String> stored) {
    String b = o.get(bucket);
    if (!S3Location.isBucket(b)) {
      throw o.error(bucket, "\"" + b + "\" is not a valid bucket name");
    }
    String r = o.get(region);
    if (!r.matches("[A-Za-z0-9-]+")) {
      throw o.error(region, "\"" + r + "\" is not a valid region");
    }
    String at = o.get(endpoint).replaceAll("/+$", "");
    if (at.isEmpty() && o.get(plain)) {
      at = "s3." + r + "." + AwsCredentials.domain(r);
    }
    if (!at.isEmpty() && !at.contains("://")) {
      at = (o.get(plain) ? "http://" : "https://") + at;
    }
    if (!at.isEmpty() && !S3Location.isEndpoint(at)) {
      throw o.error(endpoint, "endpoint must be a URL such as https://minio:9000");
    }
    Secret secret = o.find(secretKey);
    if (o.get(accessKey).isEmpty() != (secret == null)) {
      throw o.error("access_key and secret_key must be set together");
    }
    return new S3Location(
        b,
        at,
        o.get(pathStyle),
        S3Location.USUAL_PART,
        stored,
        true,
        new AwsCredentials.Settings(
            r,
            o.get(accessKey),
            secret == null ? Secret.NONE : secret,
            o.get(sessionToken),
            o.get(profile),
            o.get(role),
            o.get(externalId),
            false),
        S3Settings.client(TlsConfig.DEFAULT));
  }

  /** Returns a time zone by name; "" and Local mean the local time zone. */
  public static ZoneId zone(YamlObject o, Key<String> key) {
    String name = o.get(key);
    try {
      return name.isEmpty() || name.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw o.error(
          key, key.name() + " is " + name + "; it must be a time zone such as Europe/London");
    }
  }
}
