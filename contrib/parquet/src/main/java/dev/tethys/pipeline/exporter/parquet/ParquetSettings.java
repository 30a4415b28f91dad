package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.exporter.rows.HistogramRule;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import dev.tethys.pipeline.naming.NameTemplate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code parquet} exporter.
 *
 * @param directory null if files go to S3
 * @param s3 null if files go to a folder
 * @param fileBytes telemetry bytes of a file before column encoding
 * @param fileAge maximum time that telemetry waits for its file
 */
record ParquetSettings(
    @Nullable Path directory,
    @Nullable S3Settings s3,
    NameTemplate partition,
    Compression compression,
    int level,
    long fileBytes,
    Duration fileAge,
    long rowGroupBytes,
    RowSettings rows,
    DeliverySettings delivery) {
  /** Maximum number of requests that wait for one file, where the configuration does not say. */
  private static final int GATHERED = 1000;

  private static final Section SECTION =
      new Section("parquet", "Writes Parquet files to a directory or an S3 bucket.")
          .include(DeliverySettings.SECTION);
  private static final Key<String> DIRECTORY =
      SECTION.key(
          "directory", Type.PATH, "", "Directory of the files; either this or s3 is required.");
  private static final Key<S3Settings> S3 =
      SECTION.optional("s3", S3Settings.TYPE, "S3 bucket of the files.");
  private static final Key<String> PARTITION =
      SECTION.key(
          "partition",
          Type.STRING,
          "{signal}/date={date}/hour={hour}",
          "Subdirectories of the files, with {signal}, {date}, {hour}, and "
              + "labels or resource attributes.");
  private static final Key<Compression> COMPRESSION;
  private static final Key<Long> LEVEL =
      SECTION.key(
          "compression_level",
          Type.INT,
          0L,
          "Compression level of zstd and gzip; 0 for their default.");
  private static final Key<Long> FILE_BYTES =
      SECTION.key(
          "max_file_bytes",
          Type.INT,
          64L << 20,
          "Size of the telemetry at which a file is closed, in bytes.");
  private static final Key<Duration> FILE_AGE =
      SECTION.key(
          "max_file_age",
          GoDurations.TYPE,
          Duration.ofMinutes(1),
          "Age at which a file is closed.");
  private static final Key<Long> ROW_GROUP =
      SECTION.key(
          "row_group_bytes",
          Type.INT,
          32L << 20,
          "Maximum size of a row group before compression, in bytes.");
  private static final RowSettings.Keys ROWS =
      new RowSettings.Keys(
          SECTION, HistogramRule.JSON, EnumSet.of(HistogramRule.JSON), 100_000, 8 << 20);

  static {
    SequencedMap<String, Compression> words = new LinkedHashMap<>();
    for (Compression c :
        new Compression[] {Compression.ZSTD, Compression.SNAPPY, Compression.GZIP}) {
      words.put(c.word(), c);
    }
    words.put("none", Compression.NONE);
    COMPRESSION =
        SECTION.key(
            "compression",
            Type.oneOf("compression", words),
            Compression.ZSTD,
            "Compression of pages: zstd, snappy, gzip or none.");
  }

  static final Type<ParquetSettings> TYPE = SECTION.type(ParquetSettings::read);

  private static ParquetSettings read(YamlObject o) {
    String directory = o.get(DIRECTORY);
    S3Settings s3 = o.find(S3);
    if (directory.isEmpty() == (s3 == null)) {
      throw o.error("exactly one of \"directory\" and \"s3\" is required");
    }
    NameTemplate partition;
    try {
      partition = NameTemplate.parse(o.get(PARTITION), FolderTemplate.RULE);
    } catch (IllegalArgumentException e) {
      throw o.error(PARTITION, String.valueOf(e.getMessage()));
    }
    Compression c = o.get(COMPRESSION);
    long level = between(o, LEVEL, 0, c == Compression.ZSTD ? 22 : c == Compression.GZIP ? 9 : 0);
    Duration age = o.get(FILE_AGE);
    if (age.isNegative() || age.isZero()) {
      throw o.error(FILE_AGE, "max_file_age must be greater than 0");
    }
    return new ParquetSettings(
        directory.isEmpty() ? null : Path.of(directory),
        s3,
        partition,
        c,
        level == 0 ? Compression.DEFAULT_LEVEL : (int) level,
        between(o, FILE_BYTES, 1, 1L << 30),
        age,
        between(o, ROW_GROUP, 1 << 16, 1L << 30),
        ROWS.read(o),
        DeliverySettings.read(o, Duration.ofMinutes(1)).gathering(o, GATHERED));
  }

  private static long between(YamlObject o, Key<Long> key, long least, long most) {
    long v = o.get(key);
    if (v < least || v > most) {
      throw o.error(key, key.name() + " must be " + least + " to " + most);
    }
    return v;
  }
}
