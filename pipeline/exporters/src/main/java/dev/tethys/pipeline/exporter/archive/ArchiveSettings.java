package dev.tethys.pipeline.exporter.archive;

import dev.tethys.config.ByteSize;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.archive.ArchiveWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Settings of the {@code archive} exporter. */
public record ArchiveSettings(Path directory, ArchiveWriter.Bounds bounds) {
  private static final int MAX_INDEX = 32;

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
          "segment_age", GoDurations.TYPE, Duration.ofHours(1), "Maximum age of an open segment.");
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

  static {
    SECTION.notBuilt("s3", "Archive in an S3 bucket.");
  }

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
    return new ArchiveSettings(
        Path.of(o.get(DIRECTORY)),
        new ArchiveWriter.Bounds(
            size,
            positive(o, MAX_AGE),
            segment,
            positive(o, SEGMENT_AGE),
            o.get(WHEN_FULL),
            o.get(INDEX)));
  }

  private static Duration positive(YamlObject o, Key<Duration> key) {
    Duration d = o.get(key);
    if (d.isNegative() || d.isZero()) {
      throw o.error(key, key.name() + " must be greater than 0");
    }
    return d;
  }
}
