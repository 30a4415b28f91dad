package dev.tethys.alert.manager.recorder.output;

import dev.tethys.alert.manager.recorder.EventOutput;
import dev.tethys.alert.manager.recorder.RecordedEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Appends each event as a line of JSON to a file. Before each event it checks that the path still
 * leads to the open file, so that no event is appended to a rotated file.
 */
final class FileOutput implements EventOutput {
  private final Path path;
  private FileChannel channel;
  private @Nullable Object key;

  FileOutput(Path path) throws IOException {
    this.path = path;
    this.channel = open(path);
    this.key = key(path);
  }

  private static FileChannel open(Path path) throws IOException {
    try {
      return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (NoSuchFileException e) {
      throw new IOException(path + ": no such folder", e);
    }
  }

  /** Returns the identity of the file at a path; null if there is none. */
  private static @Nullable Object key(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public int send(RecordedEvent event) throws IOException {
    Object now = key(path);
    if (now == null || !Objects.equals(now, key) || !channel.isOpen()) {
      channel.close();
      channel = open(path);
      key = key(path);
    }
    byte[] line = EventLines.of(event);
    ByteBuffer b = ByteBuffer.wrap(line);
    while (b.hasRemaining()) {
      channel.write(b);
    }
    return line.length;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
