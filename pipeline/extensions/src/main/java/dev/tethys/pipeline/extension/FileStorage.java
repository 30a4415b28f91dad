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
import java.time.Duration;

/** {@code file_storage}: folders on disk for queues. */
public final class FileStorage implements ExtensionFactory<FileStorage.Settings> {
  /** The settings. */
  public record Settings(Path directory, boolean create, boolean fsync) {}

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

  static {
    SECTION
        .notBuilt("directory_permissions", "Permissions of the directory.")
        .notBuilt("max_size", "Use the size limit of each queue.");
  }

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
    return new Settings(Path.of(o.get(DIRECTORY)), o.get(CREATE), o.get(FSYNC));
  }

  @Override
  public Extension create(Settings settings, Context context) {
    return new Running(settings);
  }

  private record Running(Settings settings) implements Extension, Storage {
    @Override
    public void start() throws IOException {
      if (settings.create) {
        Files.createDirectories(settings.directory);
      } else if (!Files.isDirectory(settings.directory)) {
        throw new IOException(
            "there is no folder " + settings.directory + ", and create_directory is false");
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
  }

  /** Letters, digits, dots, dashes and underscores stay; a byte of anything else is %XX. */
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
