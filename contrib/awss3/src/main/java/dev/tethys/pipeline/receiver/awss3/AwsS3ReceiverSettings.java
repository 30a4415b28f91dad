package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.S3ClientKeys;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.naming.TimePath;
import dev.tethys.web.s3.S3Location;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code awss3} receiver, named as in the Collector.
 *
 * @param from time of the first partition; the epoch with a queue
 * @param until time of the first partition that is no longer read
 * @param typed whether object names contain the signal after their prefix
 * @param storage storage for positions, or null if none
 * @param objectAttribute resource attribute that receives the key of the object; "" for none
 * @param queue notification queue, or null to read a time range
 */
record AwsS3ReceiverSettings(
    S3Location location,
    String prefix,
    TimePath partition,
    ZoneId zone,
    String filePrefix,
    boolean typed,
    Instant from,
    Instant until,
    @Nullable Reference storage,
    String objectAttribute,
    ObjectQueue.@Nullable Settings queue) {
  private static final DateTimeFormatter MINUTES = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

  private static final Section DOWNLOADER =
      new Section("s3downloader", "Bucket and keys of objects.");
  private static final S3ClientKeys CLIENT = new S3ClientKeys(DOWNLOADER);
  private static final Key<String> PREFIX =
      DOWNLOADER.key(
          "s3_prefix",
          Type.STRING,
          "",
          "Prefix of keys; s3_base_prefix and s3_prefix of the exporter.");
  private static final Key<String> PARTITION_FORMAT =
      DOWNLOADER.key(
          "s3_partition_format",
          Type.STRING,
          TimePath.USUAL,
          "Partition of keys, as a format of strftime.");
  private static final Key<String> PARTITION =
      DOWNLOADER.optional(
          "s3_partition",
          Type.oneOf("partition", java.util.List.of("minute", "hour")),
          "Older form of s3_partition_format: minute or hour.");
  private static final Key<String> TIMEZONE =
      DOWNLOADER.key(
          "s3_partition_timezone",
          Type.STRING,
          "",
          "Time zone of the partition, such as Europe/London; that of the machine by default.");
  private static final Key<String> FILE_PREFIX =
      DOWNLOADER.key("file_prefix", Type.STRING, "", "Prefix of the names of objects.");
  private static final Key<Boolean> TYPED =
      DOWNLOADER.key(
          "file_prefix_include_telemetry_type",
          Type.BOOL,
          true,
          "If true, the signal follows file_prefix in names of objects.");
  private static final Key<String> PARTITION_ID =
      DOWNLOADER.key(
          "endpoint_partition_id",
          Type.oneOf("partition", java.util.List.of("aws", "aws-cn", "aws-us-gov")),
          "aws",
          "No effect: the endpoint and the region name the partition of AWS.");

  static {
    DOWNLOADER.notBuilt("tag_object_after_ingestion", "Tags of objects that were read.");
    DOWNLOADER.notBuilt("skip_ingesting_tagged_objects", "Skips objects with a tag.");
  }

  private record Downloader(
      S3Location location,
      String prefix,
      TimePath partition,
      ZoneId zone,
      String filePrefix,
      boolean typed) {}

  private static final Section SECTION =
      new Section("awss3", "Reads objects of S3 that an exporter of this type has stored.");
  private static final Key<Downloader> DOWNLOADER_KEY =
      SECTION.required(
          "s3downloader", DOWNLOADER.type(AwsS3ReceiverSettings::downloader), DOWNLOADER.doc());
  private static final Key<String> START =
      SECTION.optional(
          "starttime",
          Type.STRING,
          "First time of partitions: RFC 3339, YYYY-MM-DD HH:MM or YYYY-MM-DD in UTC.");
  private static final Key<String> END =
      SECTION.optional("endtime", Type.STRING, "Time at which reading ends, in the same formats.");
  private static final Key<ObjectQueue.Settings> QUEUE =
      SECTION.optional(
          "sqs", ObjectQueue.TYPE, "Queue of notifications about new objects, instead of times.");
  private static final Key<Reference> STORAGE =
      SECTION.optional(
          "storage",
          Reference.TYPE,
          "Storage extension that keeps the position, so that a restart continues.");
  private static final Key<String> OBJECT_ATTRIBUTE =
      SECTION.key(
          "object_attribute",
          Type.STRING,
          "",
          "Resource attribute that receives the key of the object; none by default.");

  static {
    SECTION.notBuilt("encodings", "Extensions that decode objects by the end of their keys.");
    SECTION.notBuilt("notifications", "Progress messages over OpAMP.");
  }

  static final Type<AwsS3ReceiverSettings> TYPE = SECTION.type(AwsS3ReceiverSettings::read);

  private static Downloader downloader(YamlObject o) {
    o.get(PARTITION_ID);
    String older = o.find(PARTITION);
    if (older != null && o.has(PARTITION_FORMAT)) {
      throw o.error(PARTITION, "s3_partition and s3_partition_format are mutually exclusive");
    }
    TimePath partition;
    try {
      partition =
          TimePath.parse(
              "hour".equals(older) ? "year=%Y/month=%m/day=%d/hour=%H" : o.get(PARTITION_FORMAT));
    } catch (IllegalArgumentException e) {
      throw o.error(PARTITION_FORMAT, "s3_partition_format: " + e.getMessage());
    }
    if (partition.step() == ChronoUnit.FOREVER) {
      throw o.error(
          PARTITION_FORMAT, "s3_partition_format has no time, so a time range cannot be read");
    }
    return new Downloader(
        CLIENT.read(o, Map.of()),
        o.get(PREFIX),
        partition,
        S3ClientKeys.zone(o, TIMEZONE),
        o.get(FILE_PREFIX),
        o.get(TYPED));
  }

  private static AwsS3ReceiverSettings read(YamlObject o) {
    Downloader d = o.get(DOWNLOADER_KEY);
    ObjectQueue.Settings queue = o.find(QUEUE);
    String start = o.find(START);
    String end = o.find(END);
    if ((start == null) != (end == null)) {
      throw o.error("starttime and endtime are required together");
    }
    if (start == null && queue == null) {
      throw o.error("one of sqs, and starttime with endtime, is required");
    }
    if (queue != null && start != null) {
      throw o.error(START, "starttime and endtime cannot be used with sqs");
    }
    Instant from = start == null ? Instant.EPOCH : time(o, START, start);
    Instant until = end == null ? Instant.EPOCH : time(o, END, end);
    if (queue == null && !from.isBefore(until)) {
      throw o.error(END, "endtime must be after starttime");
    }
    return new AwsS3ReceiverSettings(
        d.location,
        d.prefix,
        d.partition,
        d.zone,
        d.filePrefix,
        d.typed,
        from,
        until,
        o.find(STORAGE),
        o.get(OBJECT_ATTRIBUTE),
        queue);
  }

  private static Instant time(YamlObject o, Key<String> key, String text) {
    try {
      return text.length() == 10
          ? LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC)
          : text.length() == 16
              ? LocalDateTime.parse(text, MINUTES).toInstant(ZoneOffset.UTC)
              : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw o.error(
          key,
          key.name()
              + " is "
              + text
              + "; it must be a time such as 2026-01-31T12:00:00Z, 2026-01-31 12:00 or 2026-01-31");
    }
  }

  /** Whether an object belongs to the receiver's part of the bucket. */
  boolean selects(ObjectQueue.NewObject o) {
    return (o.bucket().isEmpty() || o.bucket().equals(location.bucket()))
        && o.key().startsWith(prefix);
  }

  /** Returns the key prefix of a partition and a signal. */
  String keys(Instant time, String signal) {
    String begin =
        prefix.isEmpty() ? "" : prefix.replaceAll("/", "").isEmpty() ? prefix : prefix + "/";
    return begin.replaceAll("/{2,}", "/")
        + partition.at(time, zone)
        + "/"
        + filePrefix
        + (typed ? signal + "_" : "");
  }

  /** Settings that invalidate a stored position when changed. */
  String selection() {
    return location.endpoint()
        + " "
        + location.bucket()
        + " "
        + prefix
        + " "
        + partition.format()
        + " "
        + zone
        + " "
        + filePrefix
        + " "
        + typed
        + " "
        + from;
  }
}
