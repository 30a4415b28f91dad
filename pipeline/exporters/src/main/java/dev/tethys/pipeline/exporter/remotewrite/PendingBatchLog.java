package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.file.AppendFile;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.SegmentFiles;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Journal of accepted batches that are not yet in a request of the outbox, so that they survive the
 * process. A file is written until {@link #next}; it is removed once all that it holds is in the
 * outbox.
 *
 * <p>Batches found at startup are replayed without the samples already in the outbox: a receiver
 * rejects a whole request, including new samples, for one sample that it already has. Therefore a
 * request is announced here before it goes to the outbox, under a name in its headers, and marked
 * as stored before it can be sent. A request that was announced but not marked cannot have left the
 * outbox: startup finds it there, or it was never stored.
 *
 * <p>Format of a file {@code NNNNNNNN.pending}, integers big-endian: 8 bytes {@code TRWPEND2},
 * number of lanes (4), a random name of this process (8); then records: length of the payload (4),
 * CRC-32C of the payload (4), payload. A payload is one of
 *
 * <pre>
 *   a batch:       1, body: a prometheus.WriteRequest as a snappy block
 *   a request:     2, number of the request (8), lane (4), and for each batch that it has something
 *                  of: file (8), offset (8), number of the series (4) up to which all of the batch
 *                  that belongs to the lane is in this request or in one before
 *   it is stored:  3, name of the process that announced it (8), number of the request (8)
 * </pre>
 *
 * A file ends at the first incomplete record. From files {@code TRWPEND1}, which have other
 * records, the batches are read.
 */
final class PendingBatchLog implements AutoCloseable {
  /** Header with the name of a request. */
  static final String HEADER = "journal";

  private static final System.Logger LOG = JulLogger.of(PendingBatchLog.class.getName());
  private static final byte[] MAGIC = "TRWPEND2".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] MAGIC_1 = "TRWPEND1".getBytes(StandardCharsets.US_ASCII);
  private static final SegmentFiles.Names NAMES = new SegmentFiles.Names(false, ".pending");
  private static final int HEAD = 8 + 4 + 8;
  private static final int FRAME = 8;
  private static final byte BATCH = 1;
  private static final byte REQUEST = 2;
  private static final byte STORED = 3;
  private static final int REQUEST_BYTES = 8 + 4;
  private static final int PART_BYTES = 8 + 8 + 4;

  /** No batch is larger before compression. */
  static final int MAX_BODY = 1 << 30;

  /** Position of a batch. */
  record JournalPosition(long file, long offset) {}

  /** Part of a batch in a request: its complete lane up to a series. */
  record Part(JournalPosition batch, int lastSeries) {}

  /**
   * Recovered batch.
   *
   * @param done last series of each lane that is in the outbox
   */
  record RecoveredBatch(Batch batch, JournalPosition place, Map<Integer, Integer> done) {}

  /** A request that was announced. */
  private record Announced(long process, long request, int lane, List<Part> parts) {}

  private final FileAccess access;
  private final SegmentFiles segments;
  private final int lanes;
  private final long process = new SecureRandom().nextLong();
  private final List<Long> old; // numbers of files of earlier processes
  private final Map<String, Announced> undecided = new HashMap<>();
  private final Map<JournalPosition, Map<Integer, Integer>> done = new HashMap<>();
  private long requests;
  private long number;
  private AppendFile out;
  private boolean empty = true;

  /** Opens a folder, which is created if missing. Existing files wait for {@link #recover}. */
  PendingBatchLog(FileAccess access, Path folder, int lanes) throws IOException {
    this.access = access;
    this.segments = new SegmentFiles(access, folder, NAMES);
    this.lanes = lanes;
    access.createDirectories(folder);
    this.old = segments.numbers();
    readNotes();
    this.number = old.isEmpty() ? 0 : old.getLast() + 1;
    this.out = begin(number);
  }

  private AppendFile begin(long n) throws IOException {
    byte[] head = new byte[HEAD];
    ByteBuffer.wrap(head).put(MAGIC).putInt(lanes).putLong(process);
    return segments.create(n, head, false);
  }

  private static String name(long process, long request) {
    return Long.toHexString(process) + "-" + Long.toHexString(request);
  }

  /** Returns the name of a request, stored in its headers. */
  String name(long request) {
    return name(process, request);
  }

  /**
   * Writes a batch; when this returns it survives the process.
   *
   * @param metadata whether with the metadata of its source
   */
  synchronized JournalPosition append(Batch b, boolean metadata) throws IOException {
    byte[] raw = metadata ? b.body() : b.series();
    byte[] z = RequestWriter.compress(raw, raw.length);
    JournalPosition at = new JournalPosition(number, out.size());
    write(BATCH, z);
    empty = false;
    return at;
  }

  /** Announces the contents of a request before it goes to the outbox; returns its number. */
  synchronized long announce(int lane, List<Part> parts) throws IOException {
    long n = ++requests;
    ByteBuffer b = ByteBuffer.allocate(REQUEST_BYTES + parts.size() * PART_BYTES);
    b.putLong(n).putInt(lane);
    for (Part p : parts) {
      b.putLong(p.batch.file).putLong(p.batch.offset).putInt(p.lastSeries);
    }
    write(REQUEST, b.array());
    return n;
  }

  /** Records that a request is stored in the outbox or otherwise complete. */
  synchronized void stored(long request) throws IOException {
    stored(process, request);
  }

  private void stored(long announcer, long request) throws IOException {
    write(STORED, ByteBuffer.allocate(8 + 8).putLong(announcer).putLong(request).array());
  }

  private void write(byte kind, byte[] payload) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(kind);
    crc.update(payload);
    byte[] frame = new byte[FRAME + 1];
    ByteBuffer.wrap(frame).putInt(1 + payload.length).putInt((int) crc.getValue()).put(kind);
    out.append(
        f -> {
          f.write(frame, 0, frame.length);
          f.write(payload, 0, payload.length);
        });
  }

  /**
   * Continues in another file; returns the previous one, or null if no batch was written since the
   * last time.
   */
  synchronized @Nullable Path next() throws IOException {
    if (empty) {
      return null;
    }
    AppendFile following = begin(number + 1);
    Path before = segments.path(number);
    out.close();
    number++;
    out = following;
    empty = true;
    return before;
  }

  /** Removes a file whose content is stored elsewhere. */
  void remove(Path p) {
    try {
      access.delete(p);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, "{0} cannot be removed: {1}; it will be sent again", p, e.getMessage());
    }
  }

  private void readNotes() throws IOException {
    Set<String> stored = new HashSet<>();
    for (long number : old) {
      read(
          segments.path(number),
          true,
          (head, at, payload) -> {
            byte kind = payload.get();
            if (head.version == 1 || head.lanes != lanes || payload.remaining() < 8) {
              return; // series are in other lanes now: the found batches are passed on whole
            }
            if (kind == REQUEST) {
              long n = payload.getLong();
              String name = name(head.process, n);
              int lane = payload.getInt();
              List<Part> parts = new ArrayList<>();
              while (payload.remaining() >= PART_BYTES) {
                parts.add(
                    new Part(
                        new JournalPosition(payload.getLong(), payload.getLong()),
                        payload.getInt()));
              }
              undecided.put(name, new Announced(head.process, n, lane, parts));
            } else if (kind == STORED && payload.remaining() >= 16) {
              stored.add(name(payload.getLong(), payload.getLong()));
            }
          });
    }
    stored.forEach(this::isStored);
  }

  private @Nullable Announced isStored(String name) {
    Announced a = undecided.remove(name);
    if (a != null) {
      for (Part p : a.parts) {
        done.computeIfAbsent(p.batch, k -> new HashMap<>()).merge(a.lane, p.lastSeries, Math::max);
      }
    }
    return a;
  }

  /** Receives the headers of each request in the outbox; must be called before {@link #recover}. */
  synchronized void found(Map<String, String> headers) {
    String name = headers.get(HEADER);
    Announced a = name == null ? null : isStored(name);
    if (a != null) {
      try {
        stored(a.process, a.request); // it can be sent from now on, and be gone at the next start
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "{0}: {1}; some data may be sent twice",
            segments.path(number),
            e.getMessage());
      }
    }
  }

  /** Passes on the content of files of an earlier process, in their order, and names them. */
  List<Path> recover(Consumer<RecoveredBatch> to) throws IOException {
    for (long n : old) {
      read(
          segments.path(n),
          false,
          (head, at, payload) -> {
            int before = head.version == 1 ? 8 : 0; // a lane, which the labels tell by now
            if (payload.get() == BATCH && payload.remaining() >= before) {
              byte[] z = new byte[payload.remaining() - before];
              payload.position(payload.position() + before).get(z);
              int size = SnappyBlock.decodedLength(z, 0, z.length, MAX_BODY);
              byte[] raw = new byte[size + SnappyBlock.SLACK];
              SnappyBlock.decode(z, 0, z.length, raw);
              JournalPosition place = new JournalPosition(n, at);
              to.accept(
                  new RecoveredBatch(
                      new Batch(
                          Signal.METRICS, Encoding.REMOTE_WRITE, Arrays.copyOf(raw, size), 0, 0),
                      place,
                      done.getOrDefault(place, Map.of())));
            }
          });
    }
    undecided.clear();
    done.clear();
    return old.stream().map(segments::path).toList();
  }

  /** File header. */
  private record Head(int version, int lanes, long process) {}

  private interface Record {
    void at(Head head, long offset, ByteBuffer payload);
  }

  private static @Nullable Head head(ByteBuffer b) {
    byte[] magic = new byte[MAGIC.length];
    b.get(magic);
    if (Arrays.equals(magic, MAGIC_1)) {
      return new Head(1, b.getInt(), 0);
    }
    return !Arrays.equals(magic, MAGIC) || b.remaining() < 12
        ? null
        : new Head(2, b.getInt(), b.getLong());
  }

  private void read(Path p, boolean tell, Record each) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(access.read(p));
    if (b.remaining() < HEAD) {
      return; // it died while it was made
    }
    Head head = head(b);
    if (head == null) {
      if (tell) {
        LOG.log(Level.ERROR, "{0} is not a remote write journal; skipping it", p);
      }
      return;
    }
    while (b.hasRemaining()) {
      int at = b.position();
      if (b.remaining() < FRAME) {
        torn(p, tell, b.limit() - at);
        return;
      }
      int n = b.getInt();
      int crc = b.getInt();
      if (n < 1 || n > b.remaining()) {
        torn(p, tell, b.limit() - at);
        return;
      }
      ByteBuffer payload = b.slice(b.position(), n);
      b.position(b.position() + n);
      CRC32C sum = new CRC32C();
      sum.update(payload.duplicate());
      if (crc != (int) sum.getValue()) {
        torn(p, tell, b.limit() - at);
        return;
      }
      try {
        each.at(head, at, payload);
      } catch (CodecException e) {
        torn(p, tell, b.limit() - at);
        return;
      }
    }
  }

  private static void torn(Path p, boolean tell, int bytes) {
    if (tell) {
      LOG.log(Level.WARNING, "{0}: {1} bytes at its end are incomplete and skipped", p, bytes);
    }
  }

  /** Ends writing; the file stays if it has a batch, or notes on those in files before it. */
  @Override
  public synchronized void close() throws IOException {
    out.close();
    if (empty && segments.numbers().equals(List.of(number))) {
      remove(segments.path(number));
    }
  }
}
