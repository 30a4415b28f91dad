package dev.tethys.pipeline.client;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.s3.S3Location;
import java.util.Map;
import java.util.TreeMap;

/**
 * Bucket with a key prefix: the {@code s3} block of components.
 *
 * @param prefix prefix of all keys, or "" for none; no leading or trailing slashes
 */
public record S3Settings(S3Location location, String prefix) {
  private static final int MAX_PART = 1 << 30;

  private static final Section SECTION = new Section("s3", "Bucket of S3 or a compatible service.");
  private static final Key<String> BUCKET =
      SECTION.required("bucket", Type.STRING, "Name of the bucket, which must exist.");
  private static final Key<String> REGION =
      SECTION.key(
          "region",
          Type.STRING,
          "",
          "AWS region; by default taken from the environment or the instance.");
  private static final Key<String> PREFIX =
      SECTION.key("prefix", Type.STRING, "", "Prefix of all object keys.");
  private static final Key<String> ENDPOINT =
      SECTION.key("endpoint", Type.STRING, "", "URL of an S3-compatible service.");
  private static final Key<Boolean> PATH_STYLE =
      SECTION.key(
          "force_path_style",
          Type.BOOL,
          false,
          "If true, the bucket is part of the URL path instead of the host name.");
  private static final Key<Long> PART_BYTES =
      SECTION.key(
          "part_bytes",
          Type.INT,
          (long) S3Location.USUAL_PART,
          "Size of parts in which larger files are uploaded; at least 5 MiB.");
  private static final Key<String> STORAGE_CLASS =
      SECTION.key(
          "storage_class",
          Type.STRING,
          "",
          "Storage class, such as STANDARD_IA; by default that of the bucket.");
  private static final Key<String> ACL =
      SECTION.key("acl", Type.STRING, "", "Canned ACL, such as bucket-owner-full-control.");
  private static final Key<String> ENCRYPTION =
      SECTION.key(
          "server_side_encryption",
          Type.STRING,
          "",
          "Encryption at the server: AES256, aws:kms or aws:kms:dsse; by default "
              + "that of the bucket.");
  private static final Key<String> KMS_KEY =
      SECTION.key(
          "kms_key_id", Type.STRING, "", "KMS key for aws:kms; by default that of the account.");
  private static final Key<Boolean> CHECKSUMS =
      SECTION.key(
          "checksums",
          Type.BOOL,
          true,
          "If true, uploads carry x-amz-checksum-sha256, which the service "
              + "stores; set it to false for services without support.");
  private static final Key<String> ACCESS_KEY =
      SECTION.key(
          "access_key",
          Type.STRING,
          "",
          "Access key; by default taken from the AWS credential chain.");
  private static final Key<Secret> SECRET_KEY =
      SECTION.optional("secret_key", Type.SECRET, "Secret key of the access key.");
  private static final Key<Secret> SESSION_TOKEN =
      SECTION.key(
          "session_token", Type.SECRET, Secret.NONE, "Session token of temporary keys from STS.");
  private static final Key<String> PROFILE =
      SECTION.key("profile", Type.STRING, "", "Profile of the AWS configuration files.");
  private static final Key<String> ROLE =
      SECTION.key("role_arn", Type.STRING, "", "ARN of the role to assume.");
  private static final Key<String> EXTERNAL_ID =
      SECTION.key("external_id", Type.STRING, "", "External ID that the role requires.");
  private static final Key<ClientTlsSettings> TLS =
      SECTION.key(
          "tls", ClientTlsSettings.TYPE, ClientTlsSettings.DEFAULT, "TLS settings of the client.");

  static {
    SECTION.notBuilt("sse_customer_key", "Customer keys (SSE-C) are not supported.");
  }

  public static final Type<S3Settings> TYPE = SECTION.type(S3Settings::read);

  /** Headers of PutObject and CreateMultipartUpload. */
  private static Map<String, String> stored(YamlObject o) {
    String encryption = o.get(ENCRYPTION);
    if (!encryption.isEmpty() && !encryption.matches("AES256|aws:kms|aws:kms:dsse")) {
      throw o.error(
          ENCRYPTION, "server_side_encryption must be one of AES256, aws:kms, " + "aws:kms:dsse");
    }
    if (!o.get(KMS_KEY).isEmpty() && !encryption.startsWith("aws:kms")) {
      throw o.error(KMS_KEY, "kms_key_id requires server_side_encryption: aws:kms");
    }
    Map<String, String> h = new TreeMap<>();
    put(h, "x-amz-storage-class", o, STORAGE_CLASS, "[A-Z0-9_]+");
    put(h, "x-amz-acl", o, ACL, "[a-z-]+");
    put(h, "x-amz-server-side-encryption", o, ENCRYPTION, ".*");
    put(h, "x-amz-server-side-encryption-aws-kms-key-id", o, KMS_KEY, "[A-Za-z0-9:/_-]+");
    return h;
  }

  private static void put(
      Map<String, String> h, String header, YamlObject o, Key<String> key, String rule) {
    String v = o.get(key);
    if (v.isEmpty()) {
      return;
    }
    if (!v.matches(rule)) {
      throw o.error(key, key.name() + " does not take \"" + v + "\"");
    }
    h.put(header, v);
  }

  private static S3Settings read(YamlObject o) {
    String bucket = o.get(BUCKET);
    if (!S3Location.isBucket(bucket)) {
      throw o.error(BUCKET, "\"" + bucket + "\" is not a valid bucket name");
    }
    String prefix = o.get(PREFIX).replaceAll("^/+|/+$", "");
    if (!prefix.matches("[A-Za-z0-9_.=/-]*") || prefix.contains("//")) {
      throw o.error(PREFIX, "prefix must consist of letters, digits and any of _ . = - /");
    }
    String endpoint = o.get(ENDPOINT).replaceAll("/+$", "");
    if (!endpoint.isEmpty() && !S3Location.isEndpoint(endpoint)) {
      throw o.error(ENDPOINT, "endpoint must be a URL such as https://minio:9000");
    }
    Secret secret = o.find(SECRET_KEY);
    if (o.get(ACCESS_KEY).isEmpty() != (secret == null)) {
      throw o.error("access_key and secret_key must be set together");
    }
    if (secret == null && !o.get(SESSION_TOKEN).isEmpty()) {
      throw o.error(SESSION_TOKEN, "session_token requires access_key and secret_key");
    }
    long part = o.get(PART_BYTES);
    if (part < S3Location.MIN_PART || part > MAX_PART) {
      throw o.error(PART_BYTES, "part_bytes must be " + S3Location.MIN_PART + " to " + MAX_PART);
    }
    return new S3Settings(
        new S3Location(
            bucket,
            endpoint,
            o.get(PATH_STYLE),
            (int) part,
            stored(o),
            o.get(CHECKSUMS),
            new AwsCredentials.Settings(
                o.get(REGION),
                o.get(ACCESS_KEY),
                secret == null ? Secret.NONE : secret,
                o.get(SESSION_TOKEN),
                o.get(PROFILE),
                o.get(ROLE),
                o.get(EXTERNAL_ID),
                false),
            client(o.get(TLS).config())),
        prefix);
  }

  /** Returns the client settings for requests to S3 with some TLS settings. */
  public static HttpClientConfig client(TlsConfig tls) {
    return new HttpClientConfig(
        null, null, null, tls, true, true, new ProxyConfig(null, "", true, Map.of()), Map.of());
  }

  /** Returns the key of an object below the prefix. */
  public String key(String path) {
    return prefix.isEmpty() ? path : prefix + "/" + path;
  }
}
