package dev.tethys.alert.manager.state;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A file of records that survive the process the moment {@link #append} returns.
 *
 * <p>Format, all numbers little-endian: eight bytes {@code TTHSLOG1}; then records of a length (4
 * bytes, at most {@link #MAX_RECORD_BYTES}), the CRC-32C of length and payload (4 bytes), and the
 * payload. A later record of the same key replaces an earlier one; what a payload means is its
 * owner's matter. {@link #replace} writes the records that still count into a file beside it, which
 * then takes its name.
 *
 * <p>When it is opened, a record that does not match its checksum is passed over if a whole one
 * follows it; otherwise what is not whole at the end, mostly one record that was being written, is
 * cut off and kept beside the file as {@code .damaged}.
 *
 * <p>Not for several threads at once.
 */
final class RecordLog implements Closeable {
  static final int MAX_RECORD_BYTES = 16 << 20;

  private static final byte[] MAGIC = "TTHSLOG1".getBytes(java.nio.charset.StandardCharsets.UTF_8);
  private static final int HEAD = 8;
  private static final System.Logger LOG = System.getLogger(RecordLog.class.getName());

  private final Path file;
  private FileChannel channel;
  private long size;
  private int records;

  private RecordLog(Path file, FileChannel channel, long size, int records) {
    this.file = file;
    this.channel = channel;
    this.size = size;
    this.records = records;
  }

  /**
   * Opens or makes a log and gives its records in order.
   *
   * @throws IOException when it cannot be read, or is a file of another kind
   */
  static RecordLog open(Path file, Consumer<byte[]> to) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    if (!Files.exists(file) || Files.size(file) < MAGIC.length) {
      write(file, java.util.List.of());
    }
    long length = Files.size(file);
    Read read = read(file, to);
    long end = read.end;
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    if (end < length) {
      cutOff(file, channel, end, length);
    }
    channel.position(end);
    return new RecordLog(file, channel, end, read.records);
  }

  /** How far the whole records of a file go. */
  record Read(long end, int records) {}

  /**
   * Gives the whole records of a log in order, up to the last.
   *
   * @throws IOException when it cannot be read, or is a file of another kind
   */
  static Read read(Path file, Consumer<byte[]> to) throws IOException {
    long end = MAGIC.length; // all before it is done with
    long at = end;
    int n = 0;
    long length = Files.size(file);
    try (DataInputStream in =
        new DataInputStream(new java.io.BufferedInputStream(Files.newInputStream(file), 1 << 16))) {
      if (!java.util.Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw new IOException(file + " is not a log of this program");
      }
      for (Found f = next(in, length - at); f != null; f = next(in, length - at)) {
        if (f.whole) {
          if (end < at) {
            LOG.log(
                Level.ERROR,
                "{0}: {1} bytes at {2} are damaged and passed over: what they said is lost",
                file,
                at - end,
                end);
          }
          to.accept(f.payload);
          n++;
        }
        at += HEAD + f.payload.length;
        end = f.whole ? at : end;
      }
    }
    return new Read(end, n);
  }

  /** Bytes that stand where a record may; whether its checksum is right. */
  private record Found(byte[] payload, boolean whole) {}

  /** What stands next; null when no record can. */
  private static @org.jspecify.annotations.Nullable Found next(DataInputStream in, long left)
      throws IOException {
    try {
      if (left < HEAD) {
        return null;
      }
      int length = Integer.reverseBytes(in.readInt());
      int crc = Integer.reverseBytes(in.readInt());
      if (length < 0 || length > MAX_RECORD_BYTES || length > left - HEAD) {
        return null;
      }
      byte[] payload = in.readNBytes(length);
      return payload.length < length ? null : new Found(payload, checksum(payload) == crc);
    } catch (EOFException e) {
      return null;
    }
  }

  private static void cutOff(Path file, FileChannel channel, long end, long length)
      throws IOException {
    Path kept = file.resolveSibling(file.getFileName() + ".damaged");
    try (FileChannel out =
        FileChannel.open(
            kept,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      channel.transferTo(end, length - end, out);
    }
    channel.truncate(end);
    channel.force(true);
    LOG.log(
        Level.WARNING,
        "{0}: the last {1} bytes are not whole records; they were moved to {2}",
        file,
        length - end,
        kept);
  }

  private static int checksum(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(payload.length).flip());
    crc.update(payload);
    return (int) crc.getValue();
  }

  private static ByteBuffer record(byte[] payload) {
    if (payload.length > MAX_RECORD_BYTES) {
      throw new IllegalArgumentException(
          "a record has " + payload.length + " bytes; at most " + MAX_RECORD_BYTES + " are kept");
    }
    return ByteBuffer.allocate(HEAD + payload.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(payload.length)
        .putInt(checksum(payload))
        .put(payload)
        .flip();
  }

  /**
   * Adds a record; it is on the disk when this returns.
   *
   * @throws IOException when that failed; the record is then not in the log
   */
  void append(byte[] payload) throws IOException {
    append(java.util.List.of(payload));
  }

  /** The same for several records, which go to the disk together. */
  void append(Collection<byte[]> payloads) throws IOException {
    long written = 0;
    try {
      for (byte[] payload : payloads) {
        ByteBuffer b = record(payload);
        written += b.remaining();
        while (b.hasRemaining()) {
          channel.write(b);
        }
      }
      channel.force(false);
    } catch (IOException e) {
      // What was written of it must not stand before the next one.
      channel.truncate(size);
      channel.position(size);
      throw e;
    }
    size += written;
    records += payloads.size();
  }

  /** How many records it holds, those that were replaced among them. */
  int records() {
    return records;
  }

  /** Its size in bytes. */
  long bytes() {
    return size;
  }

  /** Holds just these records from now on. */
  void replace(Collection<byte[]> live) throws IOException {
    write(file, live);
    channel.close();
    channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    size = channel.size();
    channel.position(size);
    records = live.size();
  }

  private static void write(Path file, Collection<byte[]> live) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".next");
    try (FileChannel c =
            FileChannel.open(
                next,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(c), 1 << 16)) {
      out.write(MAGIC);
      for (byte[] payload : live) {
        out.write(record(payload).array());
      }
      out.flush();
      c.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel folder =
        FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
