package dev.tethys.pipeline.extension;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/** {@code file_storage}: folders on disk for queues. */
public final class FileStorage implements ExtensionFactory<FileStorage.Settings> {
  /**
   * Settings.
   *
   * @param permissions permissions of a created directory, such as {@code rwxr-x---}; "" for the
   *     system default
   * @param maxBytes maximum size of each component's files; 0 for no limit
   */
  public record Settings(
      Path directory, boolean create, String permissions, boolean fsync, long maxBytes) {}

  private static final Section SECTION =
      new Section("file_storage", "Storage in a directory on disk.");
  private static final Key<String> DIRECTORY =
      SECTION.key(
          "directory",
          Type.PATH,
          "/var/lib/otelcol/file_storage",
          "Directory of the stored files.");
  private static final Key<Boolean> CREATE =
      SECTION.key("create_directory", Type.BOOL, true, "If true, a missing directory is created.");
  private static final Key<Boolean> FSYNC =
      SECTION.key(
          "fsync",
          Type.BOOL,
          false,
          "If true, acknowledged data survives a crash of the machine; if false, "
              + "a crash of the process, and a crash of the machine except for the "
              + "last second.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout",
          GoDurations.TYPE,
          Duration.ofSeconds(1),
          "No effect: locking a directory does not wait.");
  private static final Key<YamlNode> COMPACTION =
      SECTION.optional(
          "compaction",
          Type.ANY,
          "No effect: a file is deleted once all its records are delivered.");
  private static final Key<Boolean> RECREATE =
      SECTION.key(
          "recreate", Type.BOOL, false, "No effect: a queue opens even if its files are damaged.");

  private static final Key<String> PERMISSIONS =
      SECTION.key(
          "directory_permissions",
          Type.STRING,
          "",
          "Permissions of a created directory in octal, such as 0750, reduced by the umask.");
  private static final Key<Long> MAX_SIZE =
      SECTION.key(
          "max_size",
          Type.INT,
          0L,
          "Maximum size of the files of each queue in bytes, in addition to its own limits; 0 for"
              + " no limit.");

  @Override
  public String type() {
    return "file_storage";
  }

  @Override
  public String about() {
    return "Folders on disk for the queues of exporters.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(FileStorage::read);
  }

  private static Settings read(YamlObject o) {
    o.get(TIMEOUT);
    o.find(COMPACTION);
    o.get(RECREATE);
    if (o.get(MAX_SIZE) < 0) {
      throw o.error(MAX_SIZE, "max_size is " + o.get(MAX_SIZE) + "; it must be at least 0");
    }
    return new Settings(
        Path.of(o.get(DIRECTORY)), o.get(CREATE), permissions(o), o.get(FSYNC), o.get(MAX_SIZE));
  }

  private static String permissions(YamlObject o) {
    String octal = o.get(PERMISSIONS);
    if (octal.isEmpty()) {
      return "";
    }
    if (!octal.matches("0*[0-7]{1,3}")) {
      throw o.error(
          PERMISSIONS,
          "directory_permissions is \"" + octal + "\"; it must be octal, from 0000 to 0777");
    }
    int bits = Integer.parseInt(octal, 8);
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < 9; i++) {
      sb.append((bits >> (8 - i) & 1) == 1 ? "rwxrwxrwx".charAt(i) : '-');
    }
    return sb.toString();
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings);
  }

  private record Running(Settings settings) implements Extension, Storage {
    @Override
    public void start() throws IOException {
      if (settings.create) {
        if (settings.permissions.isEmpty()) {
          Files.createDirectories(settings.directory);
        } else {
          Files.createDirectories(
              settings.directory,
              PosixFilePermissions.asFileAttribute(
                  PosixFilePermissions.fromString(settings.permissions)));
        }
      } else if (!Files.isDirectory(settings.directory)) {
        throw new IOException(
            "folder " + settings.directory + " does not exist, and create_directory is false");
      }
    }

    @Override
    public Path folder(String kind, ComponentId component, String part) {
      return settings.directory.resolve(kind + "_" + escaped(component + "_" + part));
    }

    @Override
    public boolean durable() {
      return settings.fsync;
    }

    @Override
    public long maxBytes() {
      return settings.maxBytes == 0 ? Long.MAX_VALUE : settings.maxBytes;
    }
  }

  /** Escapes a name: letters, digits, dots, dashes and underscores stay; other bytes become %XX. */
  static String escaped(String s) {
    StringBuilder sb = new StringBuilder();
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (c < 128 && (Character.isLetterOrDigit(c) || c == '.' || c == '-' || c == '_')) {
        sb.append(c);
      } else {
        sb.append('%').append(String.format("%02X", b & 0xff));
      }
    }
    return sb.toString();
  }
}
