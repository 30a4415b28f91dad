package dev.tethys.store.archive.backup;

import dev.tethys.store.archive.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of files, computed separately or during a copy. */
final class Checksums {
  private static final int PIECE = 1 << 20;

  private Checksums() {}

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  static String of(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns the checksum of a file's content. */
  static String of(Path file, Progress progress) throws IOException {
    MessageDigest d = sha256();
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer b = ByteBuffer.allocate(PIECE);
      while (in.read(b) >= 0) {
        b.flip();
        progress.advance(b.remaining());
        d.update(b);
        b.clear();
      }
    }
    return HexFormat.of().formatHex(d.digest());
  }

  /** Copies a file durably; returns the checksum of the bytes read. */
  static String copy(Path from, Path to, Progress progress) throws IOException {
    MessageDigest d = sha256();
    try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel out =
            FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer b = ByteBuffer.allocate(PIECE);
      while (in.read(b) >= 0) {
        b.flip();
        progress.advance(b.remaining());
        d.update(b.duplicate());
        while (b.hasRemaining()) {
          out.write(b);
        }
        b.clear();
      }
      out.force(true);
    }
    return HexFormat.of().formatHex(d.digest());
  }

  /** Makes the directory entries of a folder durable. */
  static void syncFolder(Path folder) throws IOException {
    try (FileChannel ch = FileChannel.open(folder, StandardOpenOption.READ)) {
      ch.force(true);
    }
  }
}
