package dev.tethys.control.versions;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.control.access.ConflictException;
import dev.tethys.control.state.StateFile;
import dev.tethys.control.text.Texts;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.opamp.AgentContract;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Packages for agents: files in the data folder, or URLs. A package never changes, and its number
 * counts within its name.
 *
 * <p>Format: {@code packages.json}, a JSON object with {@code format} (1) and {@code packages}, and
 * {@code packages/SHA256} for each file that is kept.
 */
public final class Packages {
  /** Prefix of package rollout names; configuration names contain no colon. */
  public static final String PREFIX = "package:";

  static final int MAX_PACKAGES = 1000;

  /** Maximum total size of the stored files. */
  static final long MAX_TOTAL = 8L << 30;

  private static final int MAX_SIGNATURE = 4096;
  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9.+_-]{0,62}");

  /**
   * Package.
   *
   * @param url "" if the file is stored here
   * @param bytes 0 if they are unknown
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  public record AgentPackage(
      String name,
      int number,
      String version,
      String sha256,
      byte[] signature,
      String url,
      long bytes,
      long time,
      String author,
      String reason) {
    /** Returns the identity reported by agents. */
    String hash() {
      return Texts.sha256(
          name + "\n" + version + "\n" + sha256 + "\n" + HexFormat.of().formatHex(signature));
    }
  }

  private final FileAccess access = new RealFiles();
  private final StateFile file;
  private final Path folder;

  @GuardedBy("this")
  private final List<AgentPackage> all = new ArrayList<>();

  public Packages(Path data) throws IOException {
    file = new StateFile(data.resolve("packages.json"));
    folder = data.resolve("packages");
    file.load(this::read);
  }

  private synchronized void read(JsonNode n) {
    for (JsonNode p : n.path("packages")) {
      all.add(
          new AgentPackage(
              p.path("name").asString(""),
              p.path("number").asInt(0),
              p.path("version").asString(""),
              p.path("sha256").asString(""),
              Base64.getDecoder().decode(p.path("signature").asString("")),
              p.path("url").asString(""),
              p.path("bytes").asLong(0),
              p.path("time").asLong(0),
              p.path("author").asString(""),
              p.path("reason").asString("")));
    }
  }

  public static ObjectNode json(AgentPackage p) {
    ObjectNode n = JsonMapper.shared().createObjectNode().put("name", p.name);
    n.put("number", p.number).put("version", p.version).put("sha256", p.sha256);
    n.put("signature", Base64.getEncoder().encodeToString(p.signature));
    n.put("url", p.url).put("bytes", p.bytes).put("time", p.time);
    return n.put("author", p.author).put("reason", p.reason);
  }

  public synchronized List<AgentPackage> all() {
    return List.copyOf(all);
  }

  /** Returns a package by version; the latest for "". */
  public synchronized @Nullable AgentPackage find(String name, String version) {
    AgentPackage found = null;
    for (AgentPackage p : all) {
      if (p.name.equals(name) && (version.isEmpty() || p.version.equals(version))) {
        found = p;
      }
    }
    return found;
  }

  /** Returns a package by number. */
  public synchronized @Nullable AgentPackage find(String name, int number) {
    for (AgentPackage p : all) {
      if (p.name.equals(name) && p.number == number) {
        return p;
      }
    }
    return null;
  }

  /** Returns a package as a version of a rollout; null if there is none. */
  public @Nullable ConfigVersion version(String name, int number) {
    AgentPackage p = find(name, number);
    return p == null
        ? null
        : new ConfigVersion(
            PREFIX + name, number, p.time, p.author, p.reason, "", p.hash(), p.version, "");
  }

  /** Returns the stored file of a package; null if there is none. */
  public synchronized @Nullable Path file(String sha256) {
    for (AgentPackage p : all) {
      if (p.sha256.equals(sha256) && p.url.isEmpty()) {
        return folder.resolve(sha256);
      }
    }
    return null;
  }

  /**
   * Checks a new package.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  public synchronized void check(String name, String version, byte[] signature) {
    ConfigStore.checkName(name);
    if (!VERSION.matcher(version).matches()) {
      throw new IllegalArgumentException(
          "version \""
              + Texts.shortened(version, 80)
              + "\" must have 1 to 63 characters of letters, digits, '.', '+', '_' and '-'");
    }
    if (find(name, version) != null) {
      throw new ConflictException(
          "package " + name + " " + version + " exists, and packages never change");
    }
    if (signature.length > MAX_SIGNATURE) {
      throw new IllegalArgumentException(
          "signature of " + signature.length + " bytes; at most 4096");
    }
    if (all.size() >= MAX_PACKAGES) {
      throw new IllegalArgumentException("there are " + MAX_PACKAGES + " packages, the limit");
    }
  }

  /**
   * Writes the content of a package.
   *
   * @param sha256 expected SHA-256 of the content; "" to accept any
   * @return its SHA-256
   */
  public String store(InputStream content, String sha256) throws IOException {
    Files.createDirectories(folder);
    long used;
    synchronized (this) {
      used = all.stream().filter(p -> p.url.isEmpty()).mapToLong(AgentPackage::bytes).sum();
    }
    Path next = Files.createTempFile(folder, "upload", ".new");
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      long total = 0;
      try (FileChannel out = FileChannel.open(next, StandardOpenOption.WRITE)) {
        for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
          total += n;
          if (used + total > MAX_TOTAL) {
            throw new IllegalArgumentException(
                "the packages would have more than " + MAX_TOTAL + " bytes together; remove one");
          }
          digest.update(buffer, 0, n);
          ByteBuffer b = ByteBuffer.wrap(buffer, 0, n);
          while (b.hasRemaining()) {
            out.write(b);
          }
        }
        out.force(true);
      }
      String got = HexFormat.of().formatHex(digest.digest());
      if (!sha256.isEmpty() && !sha256.equals(got)) {
        throw new IllegalArgumentException(
            "the content has the SHA-256 " + got + ", not " + sha256);
      }
      access.rename(next, folder.resolve(got));
      access.syncDirectory(folder);
      return got;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  public long size(String sha256) throws IOException {
    return Files.size(folder.resolve(sha256));
  }

  /** Adds a package whose content is stored, or has a URL. */
  public synchronized AgentPackage add(
      String name,
      String version,
      String sha256,
      byte[] signature,
      String url,
      long bytes,
      long time,
      String author,
      String reason)
      throws IOException {
    check(name, version, signature);
    int number = 1;
    for (AgentPackage p : all) {
      number = p.name.equals(name) ? Math.max(number, p.number + 1) : number;
    }
    AgentPackage p =
        new AgentPackage(
            name, number, version, sha256, signature, url, bytes, time, author, reason);
    all.add(p);
    try {
      save();
    } catch (IOException e) {
      all.remove(p);
      throw e;
    }
    return p;
  }

  /** Removes a package, and its file if no other package uses it. */
  public synchronized void remove(AgentPackage p) throws IOException {
    int at = all.indexOf(p);
    all.remove(p);
    try {
      save();
    } catch (IOException e) {
      all.add(at, p);
      throw e;
    }
    if (p.url.isEmpty() && file(p.sha256) == null) {
      Files.deleteIfExists(folder.resolve(p.sha256));
    }
  }

  @GuardedBy("this")
  private void save() throws IOException {
    ObjectNode n = StateFile.content();
    ArrayNode list = n.putArray("packages");
    all.forEach(p -> list.add(json(p)));
    file.write(n);
  }

  /** Returns the maximum size of a package file. */
  public static long maxBytes() {
    return AgentContract.MAX_PACKAGE_BYTES;
  }
}
