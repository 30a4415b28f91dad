package dev.tethys.pipeline.exporter.archive;

import dev.tethys.config.ByteSize;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.client.S3Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code archive} exporter.
 *
 * @param s3 bucket to which complete segments are moved; null if none
 */
public record ArchiveSettings(
    Path directory, ArchiveWriter.Bounds bounds, @Nullable S3Settings s3) {
  /** Default age of a segment that is moved to S3. */
  private static final Duration S3_SEGMENT_AGE = Duration.ofMinutes(5);

  private static final int MAX_INDEX = 32;

  /** Age that segments waiting for S3 never reach. */
  private static final Duration KEPT = Duration.ofDays(365_000);

  private static final Section SECTION =
      new Section("archive", "Archives requests of OTLP in a directory.");
  private static final Key<String> DIRECTORY =
      SECTION.required("directory", Type.PATH, "Directory of the archive.");
  private static final Key<ByteSize> MAX_SIZE =
      SECTION.key("max_size", Type.SIZE, new ByteSize(10L << 30), "Maximum size of the archive.");
  private static final Key<Duration> MAX_AGE =
      SECTION.key(
          "max_age",
          GoDurations.TYPE,
          Duration.ofDays(7),
          "Age at which requests are deleted, in whole segments.");
  private static final Key<Boolean> WHEN_FULL =
      SECTION.key(
          "when_full",
          Type.oneOf("policy", "delete_oldest", false, "refuse", true),
          false,
          "Policy at max_size: delete_oldest, or refuse, which drops new data with the reason"
              + " archive_full.");
  private static final Key<ByteSize> SEGMENT_SIZE =
      SECTION.key("segment_size", Type.SIZE, new ByteSize(64L << 20), "Size of a segment.");
  private static final Key<Duration> SEGMENT_AGE =
      SECTION.key(
          "segment_age",
          GoDurations.TYPE,
          Duration.ofHours(1),
          "Maximum age of an open segment; 5m by default with s3.");
  private static final Key<List<String>> INDEX =
      SECTION.key(
          "index",
          Type.list(Type.STRING),
          List.of(
              "service.name",
              "service.namespace",
              "deployment.environment.name",
              "k8s.namespace.name",
              "host.name"),
          "Resource attributes in the index.");

  private static final Key<S3Settings> S3 =
      SECTION.optional(
          "s3",
          S3Settings.TYPE,
          "Bucket to which complete segments are moved; directory then holds the segments not "
              + "yet uploaded, up to max_size.");

  static final Type<ArchiveSettings> TYPE = SECTION.type(ArchiveSettings::read);

  private static ArchiveSettings read(YamlObject o) {
    long size = o.get(MAX_SIZE).bytes();
    long segment = o.get(SEGMENT_SIZE).bytes();
    if (segment < 1 << 16 || segment > 1 << 30) {
      throw o.error(SEGMENT_SIZE, "segment_size must be 64KiB to 1GiB");
    }
    if (size < 2 * segment) {
      throw o.error(MAX_SIZE, "max_size must be at least twice segment_size");
    }
    if (o.get(INDEX).size() > MAX_INDEX) {
      throw o.error(INDEX, "index has " + o.get(INDEX).size() + " entries; at most " + MAX_INDEX);
    }
    if (o.get(DIRECTORY).isEmpty()) {
      throw o.error(DIRECTORY, "directory must be non-empty");
    }
    S3Settings s3 = o.find(S3);
    if (s3 != null) {
      for (Key<?> key : List.<Key<?>>of(MAX_AGE, WHEN_FULL)) {
        if (o.has(key)) {
          throw o.error(
              key,
              key.name()
                  + " is of archives on disk; objects are deleted by a lifecycle rule of the"
                  + " bucket");
        }
      }
    }
    return new ArchiveSettings(
        Path.of(o.get(DIRECTORY)),
        new ArchiveWriter.Bounds(
            size,
            s3 == null ? positive(o, MAX_AGE) : KEPT,
            segment,
            s3 != null && !o.has(SEGMENT_AGE) ? S3_SEGMENT_AGE : positive(o, SEGMENT_AGE),
            s3 != null || o.get(WHEN_FULL),
            o.get(INDEX)),
        s3);
  }

  private static Duration positive(YamlObject o, Key<Duration> key) {
    Duration d = o.get(key);
    if (d.isNegative() || d.isZero()) {
      throw o.error(key, key.name() + " must be greater than 0");
    }
    return d;
  }
}
