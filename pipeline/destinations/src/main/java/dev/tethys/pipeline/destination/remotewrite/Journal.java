package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * What was taken over but stands in no request of the outbox yet, so that it survives the process.
 * A file is written until {@link #next}; it is removed once all that it holds is in the outbox.
 * What is found at the start is handed out again: a sample may be sent twice, never not at all.
 *
 * <p>Format of a file {@code NNNNNNNN.pending}: 8 bytes {@code TRWPEND1}; then for each batch,
 * integers big-endian: length of the body (4), CRC-32C of lane and body (4), lane (8), body: a
 * {@code prometheus.WriteRequest} as a snappy block. A file ends where a record is not whole.
 */
final class Journal implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Journal.class.getName());
  private static final byte[] MAGIC =
      "TRWPEND1".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  private static final String SUFFIX = ".pending";
  private static final int HEADER = 16;

  /** No batch is larger before compression. */
  static final int MAX_BODY = 1 << 30;

  private final Path folder;
  private long number;
  private Path file;
  private FileChannel out;
  private boolean empty = true;

  /**
   * Opens a folder, which is made when absent. Files that stand there wait for {@link #recover}.
   */
  Journal(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder);
    List<Path> old = files();
    this.number = old.isEmpty() ? 0 : number(old.getLast()) + 1;
    this.file = path(number);
    this.out = begin(file);
  }

  private Path path(long n) {
    return folder.resolve("%08d%s".formatted(n, SUFFIX));
  }

  private static long number(Path p) {
    String s = p.getFileName().toString();
    return Long.parseLong(s.substring(0, s.length() - SUFFIX.length()));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> s = Files.list(folder)) {
      return s.filter(p -> p.getFileName().toString().matches("\\d{8,18}" + SUFFIX))
          .sorted()
          .toList();
    }
  }

  private static FileChannel begin(Path p) throws IOException {
    FileChannel c = FileChannel.open(p, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    c.write(ByteBuffer.wrap(MAGIC));
    return c;
  }

  /** Writes a batch; when this returns it survives the process. */
  synchronized void append(Batch b) throws IOException {
    byte[] raw = b.body();
    byte[] z = RequestWriter.compress(raw, raw.length);
    ByteBuffer head = ByteBuffer.allocate(HEADER);
    head.putInt(z.length).putInt(crc(b.lane(), z)).putLong(b.lane()).flip();
    long before = out.position();
    ByteBuffer[] parts = {head, ByteBuffer.wrap(z)};
    try {
      while (parts[1].hasRemaining()) {
        out.write(parts);
      }
      empty = false;
    } catch (IOException e) {
      out.truncate(before); // a record that is not whole would hide those behind it
      throw e;
    }
  }

  private static int crc(long lane, byte[] z) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putLong(lane).flip());
    crc.update(z);
    return (int) crc.getValue();
  }

  /**
   * Goes on in another file; the one before, or null when nothing was written since the last time.
   */
  synchronized @org.jspecify.annotations.Nullable Path next() throws IOException {
    if (empty) {
      return null;
    }
    FileChannel following = begin(path(number + 1));
    Path before = file;
    out.close();
    number++;
    file = path(number);
    out = following;
    empty = true;
    return before;
  }

  /** Removes a file whose content stands elsewhere now. */
  static void remove(Path p) {
    try {
      Files.deleteIfExists(p);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, "{0} cannot be removed: {1}; it will be sent again", p, e.getMessage());
    }
  }

  /** Hands out what files of an earlier process hold, and names them. */
  List<Path> recover(Consumer<Batch> to) throws IOException {
    List<Path> old = new ArrayList<>();
    for (Path p : files()) {
      if (number(p) < number) {
        read(p, to);
        old.add(p);
      }
    }
    return old;
  }

  private static void read(Path p, Consumer<Batch> to) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(p));
    byte[] magic = new byte[MAGIC.length];
    if (b.remaining() < magic.length) {
      return; // it died while it was made
    }
    b.get(magic);
    if (!java.util.Arrays.equals(magic, MAGIC)) {
      LOG.log(Level.ERROR, "{0} is not a journal of remote write; it is left out", p);
      return;
    }
    while (b.remaining() >= HEADER) {
      int at = b.position();
      int n = b.getInt();
      int crc = b.getInt();
      long lane = b.getLong();
      if (n < 0 || n > b.remaining()) {
        torn(p, at, b.limit());
        return;
      }
      byte[] z = new byte[n];
      b.get(z);
      if (crc != crc(lane, z)) {
        torn(p, at, b.limit());
        return;
      }
      try {
        int size = SnappyBlock.decodedLength(z, 0, n, MAX_BODY);
        byte[] raw = new byte[size + SnappyBlock.SLACK];
        SnappyBlock.decode(z, 0, n, raw);
        to.accept(
            new Batch(
                Signal.METRICS,
                Encoding.REMOTE_WRITE,
                java.util.Arrays.copyOf(raw, size),
                0,
                lane));
      } catch (CodecException e) {
        torn(p, at, b.limit());
        return;
      }
    }
  }

  private static void torn(Path p, int at, int end) {
    LOG.log(Level.WARNING, "{0}: {1} bytes at its end are not whole and left out", p, end - at);
  }

  /** Ends writing; the file stays unless nothing was written to it. */
  @Override
  public synchronized void close() throws IOException {
    out.close();
    if (empty) {
      remove(file);
    }
  }
}
