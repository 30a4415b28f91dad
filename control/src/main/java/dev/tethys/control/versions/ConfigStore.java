package dev.tethys.control.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.access.NotFoundException;
import dev.tethys.control.audit.AuditLog;
import dev.tethys.control.state.AppendOnlyFile;
import dev.tethys.control.text.Texts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Versions of configurations in an append-only file.
 *
 * <p>Format: JSON lines, one version each, with the members of {@link ConfigVersion}, {@code name}
 * first. A version is on disk before it is visible. A last line without an end was not acknowledged
 * and is cut off when the store is opened; any other damage is an error.
 */
public final class ConfigStore implements AutoCloseable {
  /** Largest text of one version, in characters. */
  public static final int MAX_TEXT = 1 << 20;

  /** Total number of characters of all versions, which are kept in memory. */
  static final long MAX_TOTAL = 64L << 20;

  static final int MAX_NAMES = 1000;

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");

  private final Path file;
  private final AppendOnlyFile out;

  @GuardedBy("this")
  private final Map<String, List<ConfigVersion>> versions = new TreeMap<>();

  @GuardedBy("this")
  private long total;

  public ConfigStore(Path file) throws IOException {
    this.file = file;
    out = new AppendOnlyFile(file);
    try {
      read();
    } catch (IOException e) {
      out.close();
      throw e;
    }
  }

  @GuardedBy("this")
  private void read() throws IOException {
    int line = 1;
    String all = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    for (String text : all.lines().toList()) {
      add(version(text, line++));
    }
  }

  @GuardedBy("this")
  private ConfigVersion version(String text, int line) throws IOException {
    try {
      JsonNode n = JsonMapper.shared().readTree(text);
      ConfigVersion v =
          ConfigVersion.of(
              n.path("name").asString(""),
              n.path("number").asInt(0),
              n.path("time").asLong(0),
              new ConfigVersion.Author(n.path("author").asString(""), n.path("scope").asString("")),
              n.path("reason").asString(""),
              n.path("text").asString(""),
              n.path("validation").asString(""));
      int expected = versions.getOrDefault(v.name(), List.of()).size() + 1;
      if (v.number() == expected && v.hash().equals(n.path("hash").asString(""))) {
        return v;
      }
    } catch (JacksonException e) {
      // reported below
    }
    throw new IOException(
        file + ":" + line + ": the version is damaged; restore the file from a backup");
  }

  @GuardedBy("this")
  private void add(ConfigVersion v) {
    versions.computeIfAbsent(v.name(), k -> new ArrayList<>()).add(v);
    total += v.text().length();
  }

  /** Checks the name of a configuration. */
  public static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "configuration name \""
              + Texts.shortened(name, 80)
              + "\" must have 1 to 63 characters of a-z, 0-9, '.', '_' and '-', the first a letter"
              + " or digit");
    }
  }

  /** Record of a version, which is on disk before the version is. */
  public interface Note {
    /**
     * Writes it.
     *
     * @param before hash of the previous version; "" for the first
     * @throws IOException if it is not on disk; the version is not added then
     */
    void write(ConfigVersion v, String before) throws IOException;
  }

  /** Records versions in an audit log. */
  public static Note noting(AuditLog audit, String actor) {
    return (v, before) ->
        audit.append(
            actor,
            "configuration.add",
            "configuration/" + v.name() + "/" + v.number(),
            v.reason(),
            Map.of("hash", before),
            Map.of("hash", v.hash(), "validation", v.validation()));
  }

  /**
   * Adds a version. A configuration belongs to the scope in which its first version was added: a
   * rule that rolls out the latest version trusts the users who add them.
   *
   * @throws IllegalArgumentException if a limit is exceeded
   * @throws ConflictException if the configuration belongs to another scope
   * @throws IOException if it is not on disk
   */
  public synchronized ConfigVersion add(
      String name,
      String text,
      ConfigVersion.Author author,
      String reason,
      String validation,
      long time,
      Note note)
      throws IOException {
    checkName(name);
    if (text.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "configuration of " + text.length() + " characters; at most " + MAX_TEXT);
    }
    if (total + text.length() > MAX_TOTAL) {
      throw new IllegalArgumentException(
          "the versions have "
              + total
              + " characters together; at most "
              + MAX_TOTAL
              + ": start a new data folder");
    }
    List<ConfigVersion> before = versions.getOrDefault(name, List.of());
    if (before.isEmpty() && versions.size() >= MAX_NAMES) {
      throw new IllegalArgumentException("there are " + MAX_NAMES + " configurations, the limit");
    }
    String owner = before.isEmpty() ? author.scope() : before.getFirst().scope();
    if (!author.scope().isEmpty() && !author.scope().equals(owner)) {
      throw new ConflictException(
          "configuration "
              + name
              + " is of "
              + (owner.isEmpty() ? "all agents" : owner)
              + ", and the token of "
              + author.scope()
              + "; choose another name");
    }
    ConfigVersion v =
        ConfigVersion.of(name, before.size() + 1, time, author, reason, text, validation);
    note.write(v, before.isEmpty() ? "" : before.getLast().hash());
    out.append(json(v));
    add(v);
    return v;
  }

  private static String json(ConfigVersion v) {
    ObjectNode n = JsonMapper.shared().createObjectNode();
    n.put("name", v.name()).put("number", v.number()).put("time", v.time());
    n.put("author", v.author()).put("reason", v.reason()).put("text", v.text());
    n.put("hash", v.hash()).put("validation", v.validation());
    return v.scope().isEmpty() ? n.toString() : n.put("scope", v.scope()).toString();
  }

  public synchronized List<String> names() {
    return List.copyOf(versions.keySet());
  }

  /** Returns the versions of a configuration, oldest first. */
  public synchronized List<ConfigVersion> versions(String name) {
    return List.copyOf(versions.getOrDefault(name, List.of()));
  }

  /** Returns a version; null if there is none. */
  public synchronized @Nullable ConfigVersion find(String name, int number) {
    List<ConfigVersion> all = versions.getOrDefault(name, List.of());
    return number >= 1 && number <= all.size() ? all.get(number - 1) : null;
  }

  /** Returns the latest version with a hash; null if there is none. */
  public synchronized @Nullable ConfigVersion find(String hash) {
    for (List<ConfigVersion> all : versions.values()) {
      for (ConfigVersion v : all.reversed()) {
        if (v.hash().equals(hash)) {
          return v;
        }
      }
    }
    return null;
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }

  /**
   * Creates an exception for a version missing from a configuration, which may not exist either.
   */
  public NotFoundException notFound(String name, int number) {
    int latest = versions(name).size();
    return new NotFoundException(
        latest == 0
            ? "unknown configuration " + name
            : "configuration " + name + " has no version " + number + "; the latest is " + latest);
  }
}
