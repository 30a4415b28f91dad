package dev.tethys.pipeline.archive;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.ReadableFile;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Content;
import dev.tethys.web.s3.S3Exception;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Moves complete segments of an archive to a bucket of S3, the oldest first. A segment stays on
 * disk until it and its index are stored. A repeated upload replaces the same objects.
 *
 * <p>One archive writes below a prefix: its identity is in the file {@code ID} and the object
 * {@code OWNER}. Another identity there is an error, since numbers of segments would collide.
 */
public final class ArchiveUpload {
  private static final String ID = "ID";
  private static final Map<String, String> TYPE =
      Map.of("content-type", "application/octet-stream");

  private final FileAccess files;
  private final Path folder;
  private final S3Client client;
  private final S3Settings settings;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private boolean owned;

  public ArchiveUpload(FileAccess files, Path folder, S3Client client, S3Settings settings) {
    this.files = files;
    this.folder = folder;
    this.client = client;
    this.settings = settings;
  }

  /**
   * Moves segments while the condition is true; for one caller at a time, others return
   * immediately.
   *
   * @return number of moved segments
   * @throws IOException if S3 cannot be reached or rejects; the remaining segments stay on disk
   */
  public int run(ArchiveWriter writer, BooleanSupplier continues)
      throws IOException, InterruptedException {
    if (!lock.tryLock()) {
      return 0;
    }
    try {
      int moved = 0;
      for (long n : writer.completeSegments()) {
        if (!continues.getAsBoolean()) {
          break;
        }
        own();
        put(Archive.SEGMENTS.name(n));
        put(Archive.INDEXES.name(n));
        writer.moved(n);
        moved++;
      }
      return moved;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void own() throws IOException, InterruptedException {
    if (owned) {
      return;
    }
    String id = identity();
    String key = settings.key(S3Archive.OWNER);
    String there = owner(key);
    if (there.isEmpty()) {
      client.put(key, Map.of("content-type", "text/plain"), id.getBytes(StandardCharsets.UTF_8));
      there = owner(key);
    }
    if (!there.equals(id)) {
      throw new IOException(
          client.name(settings.prefix())
              + " belongs to another archive; set s3.prefix to a prefix used only by this archive,"
              + " such as"
              + " archive/${env:HOSTNAME}");
    }
    owned = true;
  }

  private String owner(String key) throws IOException, InterruptedException {
    try {
      return new String(client.get(key, 1 << 10), StandardCharsets.UTF_8).strip();
    } catch (S3Exception e) {
      if (e.code().equals("NoSuchKey")) {
        return "";
      }
      throw e;
    }
  }

  private String identity() throws IOException {
    Path file = folder.resolve(ID);
    if (!files.exists(file)) {
      byte[] random = new byte[16];
      new SecureRandom().nextBytes(random);
      files.replace(file, HexFormat.of().formatHex(random).getBytes(StandardCharsets.UTF_8));
    }
    return new String(files.read(file), StandardCharsets.UTF_8).strip();
  }

  private void put(String name) throws IOException, InterruptedException {
    try (ReadableFile f = files.open(folder.resolve(name))) {
      long size = f.size();
      client.put(
          settings.key(name),
          TYPE,
          new S3Content() {
            @Override
            public long size() {
              return size;
            }

            @Override
            public byte[] read(long from, int length) throws IOException {
              byte[] b = new byte[length];
              if (f.read(from, b, 0, length) < length) {
                throw new EOFException(folder.resolve(name) + " ends before its size");
              }
              return b;
            }
          },
          () -> {});
    }
  }
}
