package dev.tethys.collect.discovery;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code file_sd_configs}: targets in JSON or YAML files.
 *
 * @param files absolute; the last part may be a pattern
 * @param refreshInterval how often the files are read again, beside when they change
 */
public record FileConfig(List<String> files, Duration refreshInterval) implements DiscoveryConfig {
  private static final Pattern NAME =
      Pattern.compile("[^*]*(\\*[^/]*)?\\.(json|yml|yaml|JSON|YML|YAML)");
  private static final Section SECTION =
      new Section("file_sd_config", "Targets read from files, which are reread when they change.");
  private static final Key<List<String>> FILES =
      SECTION.key(
          "files",
          Type.list(Type.of("path", null, FileConfig::name)),
          List.of(),
          "Paths of files that end with .json, .yml or .yaml; the last path segment may be a"
              + " pattern.");
  private static final Key<Duration> REFRESH_INTERVAL =
      SECTION.key(
          "refresh_interval",
          Type.DURATION.absentWhenNull(),
          Duration.ofMinutes(5),
          "Refresh interval to reread the files.");
  public static final Type<FileConfig> TYPE = SECTION.type(FileConfig::read);

  private static String name(YamlNode n) {
    String s = n.asString();
    if (!NAME.matcher(s).matches()) {
      throw n.error(
          "path name \""
              + s
              + "\" is not valid for file discovery; it must end with .json, .yml or .yaml, and"
              + " only its last part may be a pattern");
    }
    return n.asPath();
  }

  private static FileConfig read(YamlObject o) {
    List<String> files = o.get(FILES);
    if (files.isEmpty()) {
      throw o.error("file service discovery config must contain at least one path name");
    }
    return new FileConfig(files, o.get(REFRESH_INTERVAL));
  }

  /**
   * Reads a file of targets once.
   *
   * @throws dev.tethys.config.ConfigException if something in it is invalid
   * @throws IOException if it cannot be read
   */
  public static List<TargetGroup> groups(Path file) throws IOException {
    return new TargetGroupCache(file.toString(), FileDiscovery.FILEPATH).take(read(file));
  }

  /** Reads a file without sources, and without the label that names the file. */
  static List<TargetGroup> read(Path file) throws IOException {
    return TargetGroups.read(
        file.toString(), file.toAbsolutePath().getParent(), YamlDocument.text(file));
  }

  @Override
  public String mechanism() {
    return "file";
  }

  @Override
  public Discovery discovery(DiscoveryContext context) {
    return new FileDiscovery(this, context);
  }

  @Override
  public Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("files", files);
    m.put("refresh_interval", refreshInterval);
    return m;
  }
}
