package dev.tethys.pipeline.exporter.file;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the {@code file} exporter.
 *
 * @param rotation null without rotation
 * @param proto length-prefixed protobuf; otherwise JSON lines
 * @param zstd whether each request is compressed
 * @param level compression level
 * @param append whether existing content is kept
 * @param createFolder whether its folder is created when absent
 * @param groups one file for each value of an attribute; null for one file
 */
public record FileSettings(
    Path path,
    @Nullable Rotation rotation,
    boolean proto,
    boolean zstd,
    int level,
    boolean append,
    boolean createFolder,
    @Nullable Groups groups) {
  /** Placeholder of the value in the path. */
  static final String PLACEHOLDER = "*";

  /** Variant for another file, which is initially empty. */
  FileSettings at(Path other) {
    return new FileSettings(other, null, proto, zstd, level, false, createFolder, null);
  }

  /** Settings of the file of one group, whose folder is created. */
  FileSettings ofGroup(Path file, boolean appended) {
    return new FileSettings(file, null, proto, zstd, level, appended, true, null);
  }

  /**
   * Files by the value of an attribute.
   *
   * @param enabled whether files are grouped
   * @param attribute resource attribute whose value replaces the placeholder of the path
   * @param maxOpenFiles maximum number of open files
   */
  public record Groups(boolean enabled, String attribute, int maxOpenFiles) {}

  /**
   * Rotation rules.
   *
   * @param maxBytes maximum file size
   * @param maxDays age in days at which rotated files are deleted; 0 for never
   * @param maxBackups maximum number of rotated files; 0 for no limit
   * @param localTime whether their names have local time; otherwise UTC
   */
  public record Rotation(long maxBytes, int maxDays, int maxBackups, boolean localTime) {}

  private static final Section ROTATION = new Section("rotation", "Rotation of the file.");
  private static final Key<Long> MAX_MEGABYTES =
      ROTATION.key("max_megabytes", Type.INT, 100L, "Maximum size of a file in MiB.");
  private static final Key<Long> MAX_DAYS =
      ROTATION.key(
          "max_days",
          Type.INT,
          0L,
          "Maximum age of rotated files in days; older files are deleted; 0 for " + "no limit.");
  private static final Key<Long> MAX_BACKUPS =
      ROTATION.key(
          "max_backups", Type.INT, 100L, "Maximum number of rotated files; 0 for no limit.");
  private static final Key<Boolean> LOCAL_TIME =
      ROTATION.key(
          "localtime",
          Type.BOOL,
          false,
          "If true, names of rotated files contain local time instead of UTC.");

  private static final int MAX_OPEN_FILES = 100_000;
  private static final Section GROUPS =
      new Section("group_by", "Separate file for each value of a resource attribute.");
  private static final Key<Boolean> GROUPS_ENABLED =
      GROUPS.key("enabled", Type.BOOL, false, "If true, resources are written to separate files.");
  private static final Key<String> GROUPS_ATTRIBUTE =
      GROUPS.key(
          "resource_attribute",
          Type.STRING,
          "fileexporter.path_segment",
          "Resource attribute whose value replaces * in path; resources without it are dropped.");
  private static final Key<Long> GROUPS_OPEN =
      GROUPS.key(
          "max_open_files",
          Type.INT,
          100L,
          "Maximum number of open files; the least recently used is closed.");

  private static final Section SECTION = new Section("file", "Writes telemetry to a file.");
  private static final Key<String> PATH = SECTION.required("path", Type.PATH, "Path of the file.");
  private static final Key<Rotation> ROTATION_KEY =
      SECTION.optional("rotation", ROTATION.type(FileSettings::rotation), "Rotation of the file.");
  private static final Key<Boolean> FORMAT =
      SECTION.key(
          "format",
          words("format", "json", "proto"),
          false,
          "Format of the file: json lines, or proto with length prefixes.");
  private static final Key<Boolean> COMPRESSION =
      SECTION.key(
          "compression",
          words("compression", "none", "zstd"),
          false,
          "Compression of each written request: none or zstd.");
  private static final Section PARAMS =
      new Section("compression_params", "Parameters of the compression.");
  private static final Key<Long> LEVEL =
      PARAMS.key("level", Type.INT, 0L, "Level of zstd, from 1 to 22; 0 for its default.");
  private static final Key<Long> COMPRESSION_PARAMS =
      SECTION.key("compression_params", PARAMS.type(o -> o.get(LEVEL)), 0L, "Compression level.");
  private static final Key<Duration> FLUSH_INTERVAL =
      SECTION.key(
          "flush_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(1),
          "No effect: records are written before they are acknowledged.");
  private static final Key<Boolean> APPEND =
      SECTION.key(
          "append",
          Type.BOOL,
          false,
          "If true, existing content of the file is kept; always true with " + "rotation.");
  private static final Key<Boolean> CREATE_DIRECTORY =
      SECTION.key(
          "create_directory",
          Type.BOOL,
          false,
          "If true, a missing directory of the file is created.");

  private static final Key<Groups> GROUP_BY =
      SECTION.optional("group_by", GROUPS.type(FileSettings::groups), GROUPS.doc());

  static {
    SECTION.notBuilt("encoding", "Extension that encodes the data in another format.");
    SECTION.notBuilt("directory_permissions", "Permissions of created directories.");
  }

  static final Type<FileSettings> TYPE = SECTION.type(FileSettings::read);

  private static Type<Boolean> words(String what, String no, String yes) {
    SequencedMap<String, Boolean> m = new LinkedHashMap<>();
    m.put(no, false);
    m.put(yes, true);
    return Type.oneOf(what, m);
  }

  private static Rotation rotation(YamlObject o) {
    long megabytes = o.get(MAX_MEGABYTES);
    long days = o.get(MAX_DAYS);
    long backups = o.get(MAX_BACKUPS);
    if (megabytes < 1 || megabytes > 1 << 20) {
      throw o.error(MAX_MEGABYTES, "max_megabytes must be 1 to " + (1 << 20));
    }
    if (days < 0 || days > 36_500) {
      throw o.error(MAX_DAYS, "max_days must be 0 to 36500");
    }
    if (backups < 0 || backups > 100_000) {
      throw o.error(MAX_BACKUPS, "max_backups must be 0 to 100000");
    }
    return new Rotation(megabytes << 20, (int) days, (int) backups, o.get(LOCAL_TIME));
  }

  private static Groups groups(YamlObject o) {
    String attribute = o.get(GROUPS_ATTRIBUTE);
    long open = o.get(GROUPS_OPEN);
    boolean enabled = o.get(GROUPS_ENABLED);
    if (!enabled) {
      return new Groups(false, "", 0);
    }
    if (attribute.isEmpty()) {
      throw o.error(GROUPS_ATTRIBUTE, "group_by.resource_attribute must not be empty");
    }
    if (open < 1 || open > MAX_OPEN_FILES) {
      throw o.error(
          GROUPS_OPEN,
          "group_by.max_open_files is " + open + "; it must be 1 to " + MAX_OPEN_FILES);
    }
    return new Groups(true, attribute, (int) open);
  }

  private static FileSettings read(YamlObject o) {
    o.get(FLUSH_INTERVAL);
    String path = o.get(PATH);
    if (path.isEmpty()) {
      throw o.error(PATH, "path must be non-empty");
    }
    Rotation rotation = o.find(ROTATION_KEY);
    boolean zstd = o.get(COMPRESSION);
    long level = o.get(COMPRESSION_PARAMS);
    if (level < 0 || level > 22) {
      throw o.error(
          COMPRESSION_PARAMS, "compression_params.level is " + level + "; it must be 0 to 22");
    }
    if (o.get(APPEND) && zstd) {
      throw o.error(APPEND, "append and compression cannot be combined");
    }
    if (o.get(APPEND) && rotation != null) {
      throw o.error(APPEND, "append and rotation cannot be combined: rotation appends");
    }
    Groups written = o.find(GROUP_BY);
    Groups groups = written == null || !written.enabled ? null : written;
    if (groups != null) {
      int at = path.indexOf(PLACEHOLDER);
      if (at < 0 || path.indexOf(PLACEHOLDER, at + 1) >= 0) {
        throw o.error(PATH, "path must contain exactly one * if group_by is enabled");
      }
      if (at == 0) {
        throw o.error(PATH, "path must not start with * if group_by is enabled");
      }
    }
    return new FileSettings(
        Path.of(path),
        groups == null ? rotation : null, // as in the Collector
        o.get(FORMAT),
        zstd,
        level == 0 ? Compression.DEFAULT_LEVEL : (int) level,
        o.get(APPEND),
        o.get(CREATE_DIRECTORY),
        groups);
  }
}
