package dev.tethys.pipeline.exporter.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * File of records with several writers. If rotation is enabled, a full file is renamed to {@code
 * name-2006-01-02T15-04-05.000.ext}, a new one is started, and the oldest ones are deleted.
 *
 * <p>Invariant: {@code size} is the position of the next record. A partially written record is
 * truncated, as is one left by a killed process. Open while an exporter uses it.
 */
final class RotatedFile {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss.SSS", Locale.ROOT);

  private final FileSettings settings;
  private final LongSupplier millis;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private @Nullable FileChannel channel;

  @GuardedBy("this")
  private long size;

  RotatedFile(FileSettings settings, LongSupplier millis) {
    this.settings = settings;
    this.millis = millis;
  }

  FileSettings settings() {
    return settings;
  }

  synchronized void open() throws IOException {
    if (users == 0) {
      Path folder = settings.path().toAbsolutePath().getParent();
      if (settings.createFolder() && folder != null) {
        Files.createDirectories(folder);
      }
      begin(settings.append() || settings.rotation() != null);
    }
    users++;
  }

  @GuardedBy("this")
  private FileChannel begin(boolean append) throws IOException {
    FileChannel c =
        FileChannel.open(
            settings.path(),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    if (!append) {
      c.truncate(0);
    }
    size = c.size();
    if (settings.proto() || settings.zstd()) {
      size = AppendPosition.ofLengths(c, settings.path());
      c.truncate(size);
    } else if (size > 0 && AppendPosition.isWithinLine(c)) {
      c.write(ByteBuffer.wrap(new byte[] {'\n'}), size++);
    }
    channel = c;
    return c;
  }

  synchronized void close() {
    if (users > 0 && --users == 0 && channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        channel = null;
      }
    }
  }

  /** Writes a record atomically. */
  synchronized void write(byte[] record) throws IOException {
    FileChannel c = channel;
    if (users == 0) {
      throw new IOException("the file is closed");
    }
    if (c == null) {
      c = begin(true);
    }
    FileSettings.Rotation rotation = settings.rotation();
    if (rotation != null && size > 0 && size + record.length > rotation.maxBytes()) {
      c = rotate(c, rotation);
    }
    try {
      ByteBuffer b = ByteBuffer.wrap(record);
      long at = size;
      while (b.hasRemaining()) {
        at += c.write(b, at);
      }
      size = at;
    } catch (IOException e) {
      c.truncate(size);
      throw e;
    }
  }

  @GuardedBy("this")
  private FileChannel rotate(FileChannel full, FileSettings.Rotation rotation) throws IOException {
    full.close();
    channel = null;
    Path path = settings.path();
    Instant now = Instant.ofEpochMilli(millis.getAsLong());
    Path backup;
    do {
      ZoneId zone = rotation.localTime() ? ZoneId.systemDefault() : ZoneOffset.UTC;
      backup = path.resolveSibling(stem() + "-" + STAMP.format(now.atZone(zone)) + extension());
      now = now.plusMillis(1);
    } while (Files.exists(backup));
    Files.move(path, backup);
    FileChannel next = begin(true);
    deleteOldBackups(rotation);
    return next;
  }

  private String name() {
    return String.valueOf(settings.path().getFileName());
  }

  private String stem() {
    int dot = name().lastIndexOf('.');
    return dot < 0 ? name() : name().substring(0, dot);
  }

  private String extension() {
    int dot = name().lastIndexOf('.');
    return dot < 0 ? "" : name().substring(dot);
  }

  private void deleteOldBackups(FileSettings.Rotation rotation) throws IOException {
    String prefix = stem() + "-";
    List<Path> backups = new ArrayList<>();
    Path folder = settings.path().toAbsolutePath().getParent();
    if (folder == null) {
      return;
    }
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(
              p -> {
                String n = String.valueOf(p.getFileName());
                return n.startsWith(prefix)
                    && n.endsWith(extension())
                    && n.substring(
                            prefix.length(),
                            Math.max(prefix.length(), n.length() - extension().length()))
                        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\d\\.\\d{3}");
              })
          .sorted(Comparator.reverseOrder()) // the newest first: names tell the time
          .forEach(backups::add);
    }
    Instant oldest =
        Instant.ofEpochMilli(millis.getAsLong()).minus(Duration.ofDays(rotation.maxDays()));
    for (int i = 0; i < backups.size(); i++) {
      Path p = backups.get(i);
      boolean many = rotation.maxBackups() > 0 && i >= rotation.maxBackups();
      boolean old =
          rotation.maxDays() > 0 && Files.getLastModifiedTime(p).toInstant().isBefore(oldest);
      if (many || old) {
        Files.deleteIfExists(p);
      }
    }
  }
}
