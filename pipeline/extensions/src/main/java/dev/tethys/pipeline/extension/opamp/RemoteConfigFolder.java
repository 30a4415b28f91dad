package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.RemoteConfig;
import dev.tethys.model.UuidV7;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Configurations of a control plane on disk of an agent. {@code current} holds the hash of the last
 * applied configuration and, if different, on a second line the hash that names its folder; {@code
 * trying} the one being applied; {@code failed} the last one that could not be applied, with the
 * reason. Strings are in {@code config-HASH/NN.yaml}, {@code controls} holds the last applied live
 * controls, {@code variables} the variables as a JSON object of strings, {@code instance-uid}
 * identifies the agent, {@code clock} is the difference of {@link ControlClock}, {@code counts} has
 * those of live controls.
 *
 * <p>Invariant: {@code current} names a folder that is complete on disk. A process that ends during
 * an application starts with {@code current} and reports the other as failed. One thread changes
 * configurations and variables, one at a time the controls, and another one the clock difference
 * and the counts.
 */
final class RemoteConfigFolder {
  /** Largest configuration that is accepted, in bytes of all its files. */
  static final int MAX_BYTES = 4 << 20;

  private static final int MAX_FILES = 64;
  private static final int MAX_HASH = 96;
  private static final String PREFIX = "config-";
  private static final String CONTROLS = "controls";
  private static final String CLOCK = "clock";
  private static final String COUNTS = "counts";
  private static final String VARIABLES = "variables";

  /** Configuration that was not applied. */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  record Failure(byte[] hash, String error) {}

  /** Parts of an offered configuration in the order of merging. */
  static List<String> texts(RemoteConfig offered) {
    List<String> out = new ArrayList<>();
    for (RemoteConfig.File f : offered.files().values()) {
      if (isPart(f)) {
        out.add(f.text());
      }
    }
    return out;
  }

  /** Names of the parts, in the same order. */
  static List<String> names(RemoteConfig offered) {
    List<String> out = new ArrayList<>();
    offered
        .files()
        .forEach(
            (name, f) -> {
              if (isPart(f)) {
                out.add(name.isEmpty() ? "configuration" : name);
              }
            });
    return out;
  }

  private static boolean isPart(RemoteConfig.File f) {
    return !f.type().equals(AgentContract.CONTROLS) && !f.type().equals(AgentContract.VARIABLES);
  }

  /** Returns the live controls of an offered configuration; "" for none. */
  static String controls(RemoteConfig offered) {
    return text(offered, AgentContract.CONTROLS);
  }

  /**
   * Variables of an offered configuration; empty if none.
   *
   * @throws IOException if they are not a JSON object of strings
   */
  static Map<String, String> variables(RemoteConfig offered) throws IOException {
    return variables(text(offered, AgentContract.VARIABLES));
  }

  private static Map<String, String> variables(String json) throws IOException {
    if (json.isEmpty()) {
      return Map.of();
    }
    try {
      Map<String, String> out = new TreeMap<>();
      for (Map.Entry<String, JsonNode> e : JsonMapper.shared().readTree(json).properties()) {
        if (!e.getValue().isString()) {
          throw new IOException("variable " + e.getKey() + " is not a string");
        }
        out.put(e.getKey(), e.getValue().stringValue());
      }
      return Collections.unmodifiableMap(out);
    } catch (JacksonException e) {
      throw new IOException("the variables are not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static String text(RemoteConfig offered, String type) {
    for (RemoteConfig.File f : offered.files().values()) {
      if (f.type().equals(type)) {
        return f.text();
      }
    }
    return "";
  }

  /**
   * Checks the limits of an offered configuration.
   *
   * @throws IOException if one is exceeded
   */
  static void check(RemoteConfig offered) throws IOException {
    if (offered.hash().length == 0 || offered.hash().length > MAX_HASH) {
      throw new IOException(
          "the configuration has a hash of "
              + offered.hash().length
              + " bytes; it must have 1 to "
              + MAX_HASH);
    }
    if (offered.files().size() > MAX_FILES) {
      throw new IOException(
          "the configuration has " + offered.files().size() + " files; at most " + MAX_FILES);
    }
    long bytes = 0;
    for (RemoteConfig.File f : offered.files().values()) {
      bytes += f.text().length();
    }
    if (bytes > MAX_BYTES) {
      throw new IOException("the configuration has " + bytes + " characters; at most " + MAX_BYTES);
    }
  }

  private final FileAccess files = new RealFiles();
  private final Path folder;
  private UUID uid;
  private byte @Nullable [] current;
  private byte @Nullable [] currentFolder; // null as current
  private @Nullable Failure failed;
  private long ahead;

  RemoteConfigFolder(Path folder, LongSupplier millis) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder);
    String written = read("instance-uid");
    UUID known = written == null ? null : InstanceUid.parse(written.strip());
    if (written != null && known == null) {
      throw new IOException(
          folder.resolve("instance-uid") + " holds no UUID; delete it to get a new identity");
    }
    uid = known == null ? UuidV7.at(millis.getAsLong(), new SecureRandom()) : known;
    if (known == null) {
      write("instance-uid", uid + "\n");
    }
    String applied = read("current");
    if (applied != null) {
      List<String> lines = applied.lines().toList();
      current = lines.isEmpty() ? null : hash(lines.getFirst());
      currentFolder = lines.size() < 2 ? current : hash(lines.get(1));
    }
    ahead = readAhead();
    failed = failure(read("failed"));
    byte[] unfinished = hash(read("trying"));
    if (unfinished != null) {
      fail(unfinished, "the process ended while it applied this configuration");
    }
  }

  UUID uid() {
    return uid;
  }

  /** Stores another identity assigned by the control plane. */
  void identify(UUID other) throws IOException {
    if (!other.equals(uid)) {
      write("instance-uid", other + "\n");
      uid = other;
    }
  }

  /** Returns the hash of the last applied configuration, or null if none. */
  byte @Nullable [] current() {
    return current;
  }

  @Nullable Failure failed() {
    return failed;
  }

  /** Strings of the last applied configuration; empty if none. */
  List<String> texts() throws IOException {
    List<String> out = new ArrayList<>();
    for (Path p : files()) {
      out.add(Files.readString(p));
    }
    return out;
  }

  /** Returns the last applied live controls; "" for none. */
  String controls() throws IOException {
    String written = read(CONTROLS);
    return written == null ? "" : written;
  }

  /** Stores applied live controls; "" for none. */
  void keepControls(String text) throws IOException {
    if (!text.equals(controls())) {
      write(CONTROLS, text);
    }
  }

  /** Returns the last counts of earlier processes, one per line; empty if none. */
  List<String> counts() throws IOException {
    String written = read(COUNTS);
    return written == null ? List.of() : written.lines().filter(l -> l.endsWith("}")).toList();
  }

  /**
   * Stores changed counts. They must survive the process but not the machine, so writes are not
   * synced.
   */
  void keepCounts(List<String> lines) throws IOException {
    Path next = folder.resolve(COUNTS + ".new");
    Files.writeString(next, String.join("\n", lines) + "\n");
    Files.move(next, folder.resolve(COUNTS), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Milliseconds by which the clock of the control plane was ahead of that of this machine. */
  long ahead() {
    return ahead;
  }

  /** Stores the clock difference, unless it differs by at most a second from the stored one. */
  void keepAhead(long millis) throws IOException {
    if (Math.abs(millis - ahead) > 1000) {
      write(CLOCK, millis + "\n");
      ahead = millis;
    }
  }

  private long readAhead() throws IOException {
    String written = read(CLOCK);
    try {
      return written == null ? 0 : Long.parseLong(written.strip());
    } catch (NumberFormatException e) {
      return 0; // the control plane tells it again
    }
  }

  /** Variables that were applied last. */
  Map<String, String> variables() throws IOException {
    String written = read(VARIABLES);
    return variables(written == null ? "" : written);
  }

  /** Variables were applied. */
  void keepVariables(Map<String, String> variables) throws IOException {
    if (!variables.equals(variables())) {
      write(VARIABLES, JsonMapper.shared().writeValueAsString(variables));
    }
  }

  /** Files of the last applied configuration; empty if none. */
  List<Path> files() throws IOException {
    return currentFolder == null ? List.of() : listed(folderOf(currentFolder));
  }

  /**
   * Writes an offered configuration to disk and marks it as being applied.
   *
   * @return its files
   * @throws IOException if it cannot be written
   */
  List<Path> stage(RemoteConfig offered) throws IOException {
    if (Arrays.equals(offered.hash(), current) || Arrays.equals(offered.hash(), currentFolder)) {
      write("trying", hex(offered.hash()) + "\n");
      return files();
    }
    Path in = folderOf(offered.hash());
    files.delete(in);
    files.createDirectories(in);
    files.syncDirectory(folder);
    int n = 0;
    for (String text : texts(offered)) {
      files.replace(
          in.resolve(String.format("%02d.yaml", n++)), text.getBytes(StandardCharsets.UTF_8));
    }
    write("trying", hex(offered.hash()) + "\n");
    return listed(in);
  }

  /**
   * Records that an offer with the same texts as the current configuration was applied.
   *
   * @return whether there is a current one
   */
  boolean keep(byte[] hash) throws IOException {
    if (currentFolder == null || failed != null) {
      return false;
    }
    write("current", hex(hash) + "\n" + hex(currentFolder) + "\n");
    current = hash;
    return true;
  }

  /** Records that the staged configuration is running. */
  void commit(byte[] hash) throws IOException {
    byte[] in = hash;
    if (currentFolder != null && Arrays.equals(hash, current)) {
      in = currentFolder;
    }
    write("current", hex(hash) + "\n" + hex(in) + "\n");
    currentFolder = in;
    Files.deleteIfExists(folder.resolve("trying"));
    Files.deleteIfExists(folder.resolve("failed"));
    current = hash;
    failed = null;
    removeOthers();
  }

  /** Records that the staged configuration does not run and the previous one does. */
  void fail(byte[] hash, String error) throws IOException {
    write("failed", hex(hash) + "\n" + error);
    Files.deleteIfExists(folder.resolve("trying"));
    failed = new Failure(hash, error);
    removeOthers();
  }

  private void removeOthers() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      for (Path p : all.toList()) {
        boolean kept = currentFolder != null && p.equals(folderOf(currentFolder));
        if (p.getFileName().toString().startsWith(PREFIX) && !kept) {
          files.delete(p);
        }
      }
    }
  }

  private Path folderOf(byte[] hash) {
    return folder.resolve(PREFIX + hex(hash));
  }

  private static List<Path> listed(Path in) throws IOException {
    try (Stream<Path> all = Files.list(in)) {
      return new ArrayList<>(all.sorted().toList());
    }
  }

  private @Nullable String read(String name) throws IOException {
    try {
      return Files.readString(folder.resolve(name));
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private void write(String name, String text) throws IOException {
    files.replace(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  private static @Nullable Failure failure(@Nullable String written) {
    int line = written == null ? -1 : written.indexOf('\n');
    if (written == null || line < 0) {
      return null;
    }
    byte[] hash = hash(written.substring(0, line));
    return hash == null ? null : new Failure(hash, written.substring(line + 1));
  }

  private static byte @Nullable [] hash(@Nullable String hex) {
    try {
      return hex == null || hex.isBlank() ? null : HexFormat.of().parseHex(hex.strip());
    } catch (IllegalArgumentException e) {
      return null; // damaged: as if it were not there
    }
  }

  private static String hex(byte[] hash) {
    return HexFormat.of().formatHex(hash);
  }
}
