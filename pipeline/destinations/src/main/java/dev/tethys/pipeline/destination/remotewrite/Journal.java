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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What was taken over but stands in no request of the outbox yet, so that it survives the process.
 * A file is written until {@link #next}; it is removed once all that it holds is in the outbox.
 * What is found at the start is handed out again, without the series that are noted as being in the
 * outbox: receivers refuse whole requests for one sample that they have already. Only what went to
 * the outbox in the very moment in which the process died may be sent twice.
 *
 * <p>Format of a file {@code NNNNNNNN.pending}, integers big-endian: 8 bytes {@code TRWPEND1},
 * number of lanes (4); then records: length of the payload (4), CRC-32C of the payload (4),
 * payload. A payload is a batch: 1, lane (8), body, a {@code prometheus.WriteRequest} as a snappy
 * block; or a note: 2, file (8) and offset (8) of a batch, lane of the queue (8), number of the
 * series up to which all of this batch that belongs to that lane is in the outbox (4). A file ends
 * where a record is not whole.
 */
final class Journal implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Journal.class.getName());
  private static final byte[] MAGIC = "TRWPEND1".getBytes(StandardCharsets.US_ASCII);
  private static final String SUFFIX = ".pending";
  private static final int FRAME = 8;
  private static final byte BATCH = 1;
  private static final byte NOTE = 2;
  private static final int NOTE_BYTES = 1 + 8 + 8 + 8 + 4;

  /** No batch is larger before compression. */
  static final int MAX_BODY = 1 << 30;

  /** Where a batch stands. */
  record Place(long file, long offset) {}

  /** A batch that was found, and what of it is in the outbox already. */
  record Found(Batch batch, int lanes, Map<Long, Integer> done) {}

  private final Path folder;
  private final int lanes;
  private long number;
  private Path file;
  private FileChannel out;
  private boolean empty = true;

  /**
   * Opens a folder, which is made when absent. Files that stand there wait for {@link #recover}.
   */
  Journal(Path folder, int lanes) throws IOException {
    this.folder = folder;
    this.lanes = lanes;
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

  private FileChannel begin(Path p) throws IOException {
    FileChannel c = FileChannel.open(p, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    c.write(ByteBuffer.allocate(MAGIC.length + 4).put(MAGIC).putInt(lanes).flip());
    return c;
  }

  /** Writes a batch; when this returns it survives the process. */
  synchronized Place append(Batch b) throws IOException {
    byte[] raw = b.body();
    byte[] z = RequestWriter.compress(raw, raw.length);
    ByteBuffer head = ByteBuffer.allocate(9).put(BATCH).putLong(b.lane()).flip();
    Place at = new Place(number, out.position());
    write(head, ByteBuffer.wrap(z));
    empty = false;
    return at;
  }

  /** Notes that what belongs to a lane of a batch, up to a series, is in the outbox. */
  synchronized void note(Place batch, long lane, int lastSeries) throws IOException {
    write(
        ByteBuffer.allocate(NOTE_BYTES)
            .put(NOTE)
            .putLong(batch.file)
            .putLong(batch.offset)
            .putLong(lane)
            .putInt(lastSeries)
            .flip(),
        ByteBuffer.allocate(0));
  }

  private void write(ByteBuffer a, ByteBuffer b) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(a.duplicate());
    crc.update(b.duplicate());
    ByteBuffer frame = ByteBuffer.allocate(FRAME);
    frame.putInt(a.remaining() + b.remaining()).putInt((int) crc.getValue()).flip();
    long before = out.position();
    ByteBuffer[] parts = {frame, a, b};
    try {
      while (frame.hasRemaining() || a.hasRemaining() || b.hasRemaining()) {
        out.write(parts);
      }
    } catch (IOException e) {
      out.truncate(before); // a record that is not whole would hide those behind it
      throw e;
    }
  }

  /**
   * Goes on in another file; the one before, or null when no batch was written since the last time.
   */
  synchronized @Nullable Path next() throws IOException {
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
  List<Path> recover(Consumer<Found> to) throws IOException {
    List<Path> old = files().stream().filter(p -> number(p) < number).toList();
    Map<Place, Map<Long, Integer>> notes = new HashMap<>();
    for (Path p : old) {
      read(
          p,
          (at, lanesThen, payload) -> {
            if (payload.get() == NOTE && payload.remaining() == NOTE_BYTES - 1) {
              Place batch = new Place(payload.getLong(), payload.getLong());
              notes
                  .computeIfAbsent(batch, k -> new HashMap<>())
                  .merge(payload.getLong(), payload.getInt(), Math::max);
            }
          });
    }
    for (Path p : old) {
      long n = number(p);
      read(
          p,
          (at, lanesThen, payload) -> {
            if (payload.get() == BATCH && payload.remaining() >= 8) {
              long lane = payload.getLong();
              byte[] z = new byte[payload.remaining()];
              payload.get(z);
              int size = SnappyBlock.decodedLength(z, 0, z.length, MAX_BODY);
              byte[] raw = new byte[size + SnappyBlock.SLACK];
              SnappyBlock.decode(z, 0, z.length, raw);
              Batch b =
                  new Batch(
                      Signal.METRICS, Encoding.REMOTE_WRITE, Arrays.copyOf(raw, size), 0, lane);
              to.accept(new Found(b, lanesThen, notes.getOrDefault(new Place(n, at), Map.of())));
            }
          });
    }
    return old;
  }

  private interface Record {
    void at(long offset, int lanes, ByteBuffer payload);
  }

  private static void read(Path p, Record each) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(Files.readAllBytes(p));
    if (b.remaining() < MAGIC.length + 4) {
      return; // it died while it was made
    }
    byte[] magic = new byte[MAGIC.length];
    b.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      LOG.log(Level.ERROR, "{0} is not a journal of remote write; it is left out", p);
      return;
    }
    int lanes = Math.max(1, b.getInt());
    while (b.hasRemaining()) {
      int at = b.position();
      if (b.remaining() < FRAME) {
        torn(p, at, b.limit());
        return;
      }
      int n = b.getInt();
      int crc = b.getInt();
      if (n < 1 || n > b.remaining()) {
        torn(p, at, b.limit());
        return;
      }
      ByteBuffer payload = b.slice(b.position(), n);
      b.position(b.position() + n);
      CRC32C sum = new CRC32C();
      sum.update(payload.duplicate());
      if (crc != (int) sum.getValue()) {
        torn(p, at, b.limit());
        return;
      }
      try {
        each.at(at, lanes, payload);
      } catch (CodecException e) {
        torn(p, at, b.limit());
        return;
      }
    }
  }

  private static void torn(Path p, int at, int end) {
    LOG.log(Level.WARNING, "{0}: {1} bytes at its end are not whole and left out", p, end - at);
  }

  /** Ends writing; the file stays unless no batch was written to it. */
  @Override
  public synchronized void close() throws IOException {
    out.close();
    if (empty) {
      remove(file);
    }
  }
}
