package dev.tethys.collect.logs.file;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.tethys.codec.compression.Bzip2InputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** The bytes of an open file, decompressed if configured. Not thread-safe. */
interface FileContent extends AutoCloseable {
  /**
   * Reads from a position on.
   *
   * @return number of bytes; -1 at the end
   */
  int read(long position, byte[] into, int offset, int length) throws IOException;

  /** Reads until an array is full or the end is reached; returns the number of bytes. */
  default int readFully(long position, byte[] into) throws IOException {
    int n = 0;
    while (n < into.length) {
      int k = read(position + n, into, n, into.length - n);
      if (k <= 0) {
        break;
      }
      n += k;
    }
    return n;
  }

  /** Announces that some of the bytes just read will be requested again. */
  void retain(byte[] bytes, int offset, int length);

  /** Locks the file without waiting, if configured; returns whether it may be read. */
  boolean lock();

  /** Allows others to lock it. */
  void unlock();

  @Override
  void close();

  /**
   * Opens a file. With decompression, a file without a compressed header is read unchanged: it will
   * be compressed when it is rotated.
   */
  static FileContent open(Path path, FileOptions options) throws IOException {
    if (!options.rules().locked()) {
      return open(path, options, null);
    }
    AdvisoryLock lock = AdvisoryLock.open(path);
    try {
      return open(lock.file(), options, lock);
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private static FileContent open(Path path, FileOptions options, @Nullable AdvisoryLock lock)
      throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    if (options.decompression() == null) {
      return new Plain(channel, lock);
    }
    try {
      byte[] head = new byte[4];
      int n = channel.read(ByteBuffer.wrap(head), 0);
      Decompression how = Decompression.of(head, n);
      if (how == null) {
        return new Plain(channel, lock);
      }
      return new Compressed(channel, how, lock);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Whether the content matches a checkpoint. */
  default boolean holds(Checkpoint c) throws IOException {
    byte[] head = new byte[c.headLength()];
    if (readFully(0, head) < head.length || Checkpoint.hash(head, 0, head.length) != c.headHash()) {
      return false;
    }
    byte[] tail = new byte[c.tailLength()];
    return readFully(c.offset() - tail.length, tail) == tail.length
        && Checkpoint.hash(tail, 0, tail.length) == c.tailHash();
  }

  /** Reads at scattered positions. */
  record Plain(FileChannel channel, @Nullable AdvisoryLock held) implements FileContent {
    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
      return channel.read(ByteBuffer.wrap(into, offset, length), position);
    }

    @Override
    public void retain(byte[] bytes, int offset, int length) {}

    @Override
    public boolean lock() {
      return held == null || held.take();
    }

    @Override
    public void unlock() {
      if (held != null) {
        held.release();
      }
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        // it was only read
      }
      if (held != null) {
        held.close();
      }
    }
  }

  /**
   * Reader from start to end. Seeking back beyond the retained bytes restarts from the beginning,
   * with the same file even if it was renamed. A file that ends in the middle of its last block
   * counts as ending before it, because it may still be written.
   */
  final class Compressed implements FileContent {
    private static final int SKIP = 64 << 10;

    private final FileChannel channel;
    private final Decompression how;
    private final @Nullable AdvisoryLock held;
    private @Nullable InputStream in;
    private long at; // position of the next byte of the stream
    private byte[] retained = new byte[0]; // the bytes before it

    Compressed(FileChannel channel, Decompression how, @Nullable AdvisoryLock held) {
      this.channel = channel;
      this.how = how;
      this.held = held;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
      if (position < at - retained.length || in == null) {
        end();
        in = open();
        at = 0;
        retained = new byte[0];
      }
      if (position < at) {
        int from = (int) (position - (at - retained.length));
        int n = Math.min(length, retained.length - from);
        System.arraycopy(retained, from, into, offset, n);
        return n;
      }
      byte[] skip = new byte[position > at ? SKIP : 0];
      while (position > at) {
        int n = next(skip, 0, (int) Math.min(SKIP, position - at));
        if (n <= 0) {
          return -1;
        }
      }
      retained = new byte[0];
      return next(into, offset, length);
    }

    private int next(byte[] into, int offset, int length) throws IOException {
      InputStream s = in;
      if (s == null) {
        return -1;
      }
      int n;
      try {
        n = s.read(into, offset, length);
      } catch (EOFException e) {
        return -1;
      }
      if (n > 0) {
        at += n;
      }
      return n;
    }

    private InputStream open() throws IOException {
      channel.position(0);
      InputStream file = new KeptOpen(Channels.newInputStream(channel));
      try {
        return switch (how) {
          case GZIP -> new GZIPInputStream(file, SKIP);
          case ZLIB -> new InflaterInputStream(file);
          case BZIP2 -> new Bzip2InputStream(file);
          case ZSTD -> new ZstdInputStreamNoFinalizer(file);
        };
      } catch (EOFException e) {
        file.close();
        return InputStream.nullInputStream();
      } catch (IOException e) {
        file.close();
        throw e;
      }
    }

    @Override
    public void retain(byte[] bytes, int offset, int length) {
      retained = Arrays.copyOfRange(bytes, offset, offset + length);
    }

    @Override
    public boolean lock() {
      return held == null || held.take();
    }

    @Override
    public void unlock() {
      if (held != null) {
        held.release();
      }
    }

    private void end() {
      try {
        if (in != null) {
          in.close();
        }
      } catch (IOException e) {
        // it was only read
      }
      in = null;
    }

    @Override
    public void close() {
      end();
      try {
        channel.close();
      } catch (IOException e) {
        // it was only read
      }
      if (held != null) {
        held.close();
      }
    }
  }

  /** Stream that leaves the file open when it is closed, so that it can be read again. */
  final class KeptOpen extends FilterInputStream {
    KeptOpen(InputStream in) {
      super(in);
    }

    @Override
    public void close() {}
  }
}
