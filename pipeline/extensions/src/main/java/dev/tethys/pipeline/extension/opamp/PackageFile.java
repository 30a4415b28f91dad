package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.PackagesOffer;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Package of this program: a zip archive with the launcher {@code tethys} and its libraries. What
 * is signed by Ed25519 is the {@linkplain #statement statement}, which binds name and version to
 * the content.
 */
public final class PackageFile {
  /** Total size of its files in bytes. */
  static final long MAX_UNPACKED = 2L << 30;

  static final int MAX_ENTRIES = 20_000;

  /** Name of the launcher in an archive. */
  static final String LAUNCHER = "tethys";

  private static final int MAX_NAME = 512;

  private PackageFile() {}

  /** Returns the text that is signed. */
  public static byte[] statement(String name, String version, byte[] sha256) {
    return PackagesOffer.statement(name, version, sha256);
  }

  /**
   * Reads an Ed25519 public key in PEM.
   *
   * @throws IOException if it is invalid
   */
  public static PublicKey publicKey(Path file) throws IOException {
    String text = Files.readString(file);
    String base64 =
        text.lines().filter(l -> !l.startsWith("-----")).reduce("", String::concat).strip();
    try {
      return KeyFactory.getInstance("Ed25519")
          .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(base64)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw new IOException(
          file + " is not an Ed25519 public key in PEM, as written by openssl pkey -pubout", e);
    }
  }

  /** Whether a signature is valid. */
  static boolean verify(PublicKey key, byte[] statement, byte[] signature) {
    try {
      Signature s = Signature.getInstance("Ed25519");
      s.initVerify(key);
      s.update(statement);
      return s.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // a signature of another form
    }
  }

  /** Computes the SHA-256 of a file. */
  static byte[] sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        d.update(buffer, 0, n);
      }
      return d.digest();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  /**
   * Unpacks an archive into a new folder. No entry can be a link or outside the folder.
   *
   * @throws IOException if the archive is damaged, or exceeds a limit
   */
  static void unpack(Path archive, Path into, long maxBytes) throws IOException {
    FileAccess files = new RealFiles();
    files.delete(into);
    files.createDirectories(into);
    long left = maxBytes;
    int entries = 0;
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      Enumeration<? extends ZipEntry> all = zip.entries();
      while (all.hasMoreElements()) {
        ZipEntry e = all.nextElement();
        if (++entries > MAX_ENTRIES) {
          throw new IOException("the package has more than " + MAX_ENTRIES + " entries");
        }
        Path to = place(into, e.getName());
        if (e.isDirectory()) {
          files.createDirectories(to);
          continue;
        }
        Path parent = to.getParent();
        if (parent != null) {
          files.createDirectories(parent);
        }
        if (Files.exists(to)) {
          throw new IOException("the package has two entries " + shown(e.getName()));
        }
        left -= write(zip, e, files, to, left);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("the package is not a zip archive: " + e.getMessage(), e);
    }
    Path launcher = into.resolve(LAUNCHER);
    if (!Files.isRegularFile(launcher)) {
      throw new IOException("the package has no file " + LAUNCHER + " at its root");
    }
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-x---"));
    files.syncDirectory(into);
  }

  private static Path place(Path into, String name) throws IOException {
    boolean plain =
        !name.isEmpty()
            && name.length() <= MAX_NAME
            && name.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ')
            && !name.startsWith("/");
    Path to = plain ? into.resolve(name).normalize() : into;
    if (to.equals(into) || !to.startsWith(into) || name.contains("..")) {
      throw new IOException("the package has an entry outside its folder: " + shown(name));
    }
    return to;
  }

  private static String shown(String name) {
    String text = name.length() > 80 ? name.substring(0, 80) + "…" : name;
    return '"' + text.replaceAll("\\p{Cntrl}", "?") + '"';
  }

  private static long write(ZipFile zip, ZipEntry e, FileAccess files, Path to, long most)
      throws IOException {
    long written = 0;
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = zip.getInputStream(e);
        FileAccess.WritableFile out = files.create(to)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        written += n;
        if (written > most) {
          throw new IOException("the package unpacks to more than its limit of bytes");
        }
        out.write(buffer, 0, n);
      }
      out.force(); // a version that runs is whole after a power cut
    }
    return written;
  }
}
