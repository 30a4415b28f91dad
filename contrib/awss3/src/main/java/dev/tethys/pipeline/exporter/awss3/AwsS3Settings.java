package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.S3ClientKeys;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.naming.TimePath;
import dev.tethys.web.s3.S3Location;
import dev.tethys.web.s3.S3Retry;
import java.time.Duration;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Settings of the {@code awss3} exporter, named as in the Collector.
 *
 * @param basePrefix leading prefix of all keys, or "" for none
 * @param prefix key prefix that follows {@code basePrefix}, or "" for none
 * @param filePrefix prefix of the last key segment
 * @param uuid whether names have a UUID of version 7 instead of a random number
 * @param bucketAttribute resource attribute with the bucket; "" for none
 * @param prefixAttribute resource attribute with the prefix; "" for none
 */
record AwsS3Settings(
    S3Location location,
    S3Retry retry,
    String basePrefix,
    String prefix,
    TimePath partition,
    ZoneId zone,
    String filePrefix,
    boolean uuid,
    Marshaler marshaler,
    Compression compression,
    String bucketAttribute,
    String prefixAttribute,
    DeliverySettings delivery) {
  /** Object format. */
  enum Marshaler {
    OTLP_JSON("json", "application/json"),
    OTLP_PROTO("binpb", "application/x-protobuf"),
    BODY("txt", "text/plain; charset=utf-8"),
    SUMO_IC("sumo_ic", "application/json");

    /** End of names of objects. */
    final String suffix;

    final String contentType;

    Marshaler(String suffix, String contentType) {
      this.suffix = suffix;
      this.contentType = contentType;
    }

    /** Whether objects contain only log records. */
    boolean isOfLogs() {
      return this == BODY || this == SUMO_IC;
    }
  }

  private static final List<String> CLASSES =
      List.of(
          "STANDARD",
          "STANDARD_IA",
          "ONEZONE_IA",
          "INTELLIGENT_TIERING",
          "GLACIER",
          "GLACIER_IR",
          "DEEP_ARCHIVE",
          "REDUCED_REDUNDANCY");
  private static final List<String> ACLS =
      List.of(
          "",
          "private",
          "public-read",
          "public-read-write",
          "authenticated-read",
          "aws-exec-read",
          "bucket-owner-read",
          "bucket-owner-full-control");

  private static final Section UPLOADER =
      new Section("s3uploader", "Bucket, keys and requests of objects.");
  private static final S3ClientKeys CLIENT = new S3ClientKeys(UPLOADER);
  private static final Key<String> PREFIX =
      UPLOADER.key("s3_prefix", Type.STRING, "", "Prefix of keys, before the partition.");
  private static final Key<String> BASE_PREFIX =
      UPLOADER.key(
          "s3_base_prefix",
          Type.STRING,
          "",
          "Prefix before s3_prefix, which resource attributes do not replace.");
  private static final Key<String> PARTITION =
      UPLOADER.key(
          "s3_partition_format",
          Type.STRING,
          TimePath.USUAL,
          "Partition of keys, as a format of strftime.");
  private static final Key<String> TIMEZONE =
      UPLOADER.key(
          "s3_partition_timezone",
          Type.STRING,
          "",
          "Time zone of the partition, such as Europe/London; that of the machine by default.");
  private static final Key<String> FILE_PREFIX =
      UPLOADER.key("file_prefix", Type.STRING, "", "Prefix of the names of objects.");
  private static final Key<String> STORAGE_CLASS =
      UPLOADER.key(
          "storage_class",
          Type.oneOf("storage class", CLASSES),
          "STANDARD",
          "Storage class of objects.");
  private static final Key<String> ACL =
      UPLOADER.key("acl", Type.oneOf("canned ACL", ACLS), "", "Canned ACL of objects.");
  private static final Key<Compression> COMPRESSION;
  private static final Key<String> RETRY_MODE =
      UPLOADER.key(
          "retry_mode",
          Type.oneOf("retry mode", List.of("standard", "adaptive", "nop")),
          "standard",
          "Attempts of one delivery: standard and adaptive, or nop for a single one;"
              + " retry_on_failure follows.");
  private static final Key<Long> RETRY_ATTEMPTS =
      UPLOADER.key(
          "retry_max_attempts",
          Type.INT,
          3L,
          "Maximum number of attempts of one delivery; 0 for no limit.");
  private static final Key<Duration> RETRY_BACKOFF =
      UPLOADER.key(
          "retry_max_backoff",
          GoDurations.TYPE,
          Duration.ofSeconds(20),
          "Maximum pause between attempts of one delivery.");
  private static final Key<Boolean> UNIQUE =
      UPLOADER.key(
          "unique_key_func_name",
          Type.oneOf("function", "", false, "uuidv7", true),
          false,
          "Unique part of names: uuidv7; a random number of 18 digits by default.");

  static {
    SequencedMap<String, Compression> words = new LinkedHashMap<>();
    words.put("", Compression.NONE);
    words.put("none", Compression.NONE);
    words.put("gzip", Compression.GZIP);
    words.put("zstd", Compression.ZSTD);
    COMPRESSION =
        UPLOADER.key(
            "compression",
            Type.oneOf("compression", words),
            Compression.NONE,
            "Compression of objects: none, gzip or zstd.");
    UPLOADER.notBuilt("s3_key_template", "Template of keys.");
    UPLOADER.notBuilt("notifications", "Messages about stored objects.");
  }

  private static final Section ATTRIBUTES =
      new Section("resource_attrs_to_s3", "Resource attributes that replace keys of s3uploader.");
  private static final Key<String> BUCKET_ATTRIBUTE =
      ATTRIBUTES.key("s3_bucket", Type.STRING, "", "Resource attribute with the bucket.");
  private static final Key<String> PREFIX_ATTRIBUTE =
      ATTRIBUTES.key("s3_prefix", Type.STRING, "", "Resource attribute with s3_prefix.");

  private record Attributes(String bucket, String prefix) {}

  private record Uploader(
      S3Location location,
      S3Retry retry,
      String basePrefix,
      String prefix,
      TimePath partition,
      ZoneId zone,
      String filePrefix,
      boolean uuid,
      Compression compression) {}

  private static final Section SECTION =
      new Section("awss3", "Stores requests as objects of S3.").include(DeliverySettings.SECTION);
  private static final Key<Uploader> UPLOADER_KEY =
      SECTION.required("s3uploader", UPLOADER.type(AwsS3Settings::uploader), UPLOADER.doc());
  private static final Key<Marshaler> MARSHALER;
  private static final Key<Attributes> ATTRIBUTES_KEY =
      SECTION.key(
          "resource_attrs_to_s3",
          ATTRIBUTES.type(o -> new Attributes(o.get(BUCKET_ATTRIBUTE), o.get(PREFIX_ATTRIBUTE))),
          new Attributes("", ""),
          ATTRIBUTES.doc());

  static {
    SequencedMap<String, Marshaler> words = new LinkedHashMap<>();
    for (Marshaler m : Marshaler.values()) {
      words.put(m.name().toLowerCase(Locale.ROOT), m);
    }
    MARSHALER =
        SECTION.key(
            "marshaler",
            Type.oneOf("marshaler", words),
            Marshaler.OTLP_JSON,
            "Format of objects: otlp_json, otlp_proto, body or sumo_ic.");
    SECTION.notBuilt("encoding", "Extension that encodes objects.");
    SECTION.notBuilt("encoding_file_extension", "End of names with encoding.");
  }

  static final Type<AwsS3Settings> TYPE = SECTION.type(AwsS3Settings::read);

  private static Uploader uploader(YamlObject o) {
    TimePath partition;
    try {
      partition = TimePath.parse(o.get(PARTITION));
    } catch (IllegalArgumentException e) {
      throw o.error(PARTITION, "s3_partition_format: " + e.getMessage());
    }
    long attempts = o.get(RETRY_ATTEMPTS);
    if (attempts < 0 || attempts > 1_000_000) {
      throw o.error(RETRY_ATTEMPTS, "retry_max_attempts must be 0 to 1000000");
    }
    Duration most = o.get(RETRY_BACKOFF);
    if (most.isNegative() || most.isZero()) {
      throw o.error(RETRY_BACKOFF, "retry_max_backoff must be greater than 0");
    }
    int tries =
        o.get(RETRY_MODE).equals("nop") ? 1 : attempts == 0 ? Integer.MAX_VALUE : (int) attempts;
    Map<String, String> stored = new TreeMap<>();
    stored.put("x-amz-storage-class", o.get(STORAGE_CLASS));
    if (!o.get(ACL).isEmpty()) {
      stored.put("x-amz-acl", o.get(ACL));
    }
    return new Uploader(
        CLIENT.read(o, stored),
        new S3Retry(tries, S3Retry.USUAL.first(), most),
        o.get(BASE_PREFIX),
        o.get(PREFIX),
        partition,
        S3ClientKeys.zone(o, TIMEZONE),
        o.get(FILE_PREFIX),
        o.get(UNIQUE),
        o.get(COMPRESSION));
  }

  private static AwsS3Settings read(YamlObject o) {
    Uploader u = o.get(UPLOADER_KEY);
    Marshaler m = o.get(MARSHALER);
    if (m == Marshaler.SUMO_IC && u.compression != Compression.NONE) {
      throw o.error(
          MARSHALER, "marshaler sumo_ic does not support compression; remove one of them");
    }
    Attributes a = o.get(ATTRIBUTES_KEY);
    return new AwsS3Settings(
        u.location,
        u.retry,
        u.basePrefix,
        u.prefix,
        u.partition,
        u.zone,
        u.filePrefix,
        u.uuid,
        m,
        u.compression,
        a.bucket,
        a.prefix,
        DeliverySettings.read(o, Duration.ofSeconds(5)));
  }
}
