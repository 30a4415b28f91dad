package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.file.RecordFormat;
import dev.tethys.model.file.RecordLog;
import dev.tethys.model.log.JulLogger;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file of groups: each change is on disk when {@link #append} returns.
 *
 * <p>A {@link RecordLog}, all numbers big-endian, whose header ends with a version (4 bytes). Each
 * record is the number of labels (2 bytes), name and value of each (length of 4 bytes, UTF-8); one
 * byte that is 1 for a group that exists and 0 for a deleted one; for an existing group the number
 * of families (4 bytes) and of each its time in microseconds (8 bytes) and its delimited protobuf
 * message in the exposition format (preceded by a length of 4 bytes). A later record of the same
 * labels replaces an earlier one.
 *
 * <p>A file of Prometheus's Pushgateway is converted: it is read completely, kept under {@link
 * #KEPT}, and only then rewritten in this format under its name. A crash in between leaves it
 * unchanged, and the next start repeats the conversion.
 *
 * <p>Once it holds far more records than groups, it is compacted.
 *
 * <p>Not safe for concurrent use.
 */
final class GroupLog implements Closeable {
  static final int MAX_RECORD_BYTES = 256 << 20;

  /** Below this size the file is never rewritten. */
  static final long SLACK = 4 << 20;

  /** Suffix of a file of Prometheus's Pushgateway after its conversion. */
  static final String KEPT = ".prometheus";

  private static final String MAGIC = "TTHSPUSH";
  private static final int VERSION = 1;

  /** A record has at least the number of labels, and whether the group exists. */
  private static final RecordFormat FORMAT =
      new RecordFormat(
          MAGIC + "\0\0\0" + (char) VERSION, ByteOrder.BIG_ENDIAN, false, 3, MAX_RECORD_BYTES);

  private static final ExpositionFormat.Negotiated PROTOBUF =
      new ExpositionFormat.Negotiated(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8);
  private static final System.Logger LOG = JulLogger.of(GroupLog.class.getName());

  private final RecordLog log;
  private long compacted;

  private GroupLog(RecordLog log) {
    this.log = log;
    this.compacted = log.bytes();
  }

  /**
   * Opens or creates a file and passes its records on in order; null for a deleted group.
   *
   * @throws IOException if it cannot be read, is in use, or is a file of another kind
   */
  static GroupLog open(Path file, BiConsumer<SortedMap<String, String>, @Nullable PushGroup> to)
      throws IOException {
    TakeOver old = new TakeOver(file);
    RecordLog log =
        RecordLog.openLocked(file, FORMAT, old::records, payload -> decode(file, payload, to));
    old.logResult();
    return new GroupLog(log);
  }

  /** Conversion of a file of Prometheus's Pushgateway. */
  private static final class TakeOver {
    private final Path file;
    private int groups;
    private @Nullable Path kept;

    TakeOver(Path file) {
      this.file = file;
    }

    Stream<byte[]> records(FileChannel c) throws IOException {
      checkVersion(file, c);
      List<PushGroup> all;
      try {
        c.position(0);
        // Not closed: the channel holds the lock.
        all =
            PushgatewayFile.read(
                new BufferedInputStream(Channels.newInputStream(c), 1 << 16), c.size());
      } catch (CodecException e) {
        throw new IOException(
            file
                + " is neither a file of this program nor a readable file of Prometheus's"
                + " Pushgateway ("
                + e.getMessage()
                + "): move it away, or name another by --persistence.file",
            e);
      }
      kept = keep(file, c);
      groups = all.size();
      return payloads(all);
    }

    void logResult() {
      if (kept != null) {
        LOG.log(
            Level.INFO,
            "{0}: {1} groups of a Prometheus Pushgateway were imported; its file is now {2}",
            file,
            groups,
            kept);
      }
    }
  }

  private static void checkVersion(Path file, FileChannel c) throws IOException {
    byte[] magic = MAGIC.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer start = ByteBuffer.allocate(magic.length + 4);
    c.position(0);
    Channels.newInputStream(c).readNBytes(start.array(), 0, start.capacity());
    if (Arrays.equals(start.array(), 0, magic.length, magic, 0, magic.length)) {
      throw new IOException(
          file + " has version " + start.getInt(magic.length) + "; this program reads " + VERSION);
    }
  }

  /**
   * Creates a second name for a file, or a copy if hard links are unsupported. It is read through
   * its channel only: opening and closing it again would release its lock.
   */
  private static Path keep(Path file, FileChannel c) throws IOException {
    Path kept = file.resolveSibling(file.getFileName() + KEPT);
    if (Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
      if (Files.isSameFile(file, kept) || holdsTheSame(c, kept)) {
        return kept; // of a start that was killed
      }
      throw new IOException(
          file
              + " is of Prometheus's Pushgateway and would be kept as "
              + kept
              + ", but that file already exists: move one of them away");
    }
    try {
      Files.createLink(kept, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      copy(c, kept);
    }
    new RealFiles().syncDirectory(Objects.requireNonNull(kept.toAbsolutePath().getParent()));
    return kept;
  }

  private static boolean holdsTheSame(FileChannel c, Path kept) throws IOException {
    c.position(0);
    InputStream a = new BufferedInputStream(Channels.newInputStream(c), 1 << 16);
    try (InputStream b = new BufferedInputStream(Files.newInputStream(kept), 1 << 16)) {
      int x;
      do {
        x = a.read();
        if (x != b.read()) {
          return false;
        }
      } while (x >= 0);
      return true;
    }
  }

  static void copy(FileChannel c, Path to) throws IOException {
    Path part = to.resolveSibling(to.getFileName() + ".new");
    Files.deleteIfExists(part);
    try (FileChannel out =
        FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      c.position(0);
      Channels.newInputStream(c).transferTo(Channels.newOutputStream(out));
      out.force(true);
    }
    Files.move(part, to); // not over a file that was put there meanwhile
  }

  /**
   * Writes the state of a group; null for a deleted one.
   *
   * @throws IOException if it could not be made durable; it is then not in the file either
   */
  void append(SortedMap<String, String> labels, @Nullable PushGroup group) throws IOException {
    log.append(payload(labels, group));
  }

  /** Whether most of the file is of the past. */
  boolean isWorthCompacting() {
    return log.bytes() > SLACK && log.bytes() > 4 * compacted;
  }

  /** Rewrites the file with the current groups only. */
  void compact(Collection<PushGroup> groups) throws IOException {
    log.replace(payloads(groups));
    compacted = log.bytes();
  }

  private static Stream<byte[]> payloads(Collection<PushGroup> groups) {
    return groups.stream()
        .map(
            g -> {
              try {
                return payload(g.labels(), g);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  private static byte[] payload(SortedMap<String, String> labels, @Nullable PushGroup group)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(labels.size());
    for (var e : labels.entrySet()) {
      text(out, e.getKey());
      text(out, e.getValue());
    }
    out.writeByte(group == null ? 0 : 1);
    if (group != null) {
      out.writeInt(group.families().size());
      for (PushGroup.Pushed p : group.families().values()) {
        out.writeLong(p.at().getEpochSecond() * 1_000_000 + p.at().getNano() / 1000);
        byte[] f = family(p.family());
        out.writeInt(f.length);
        out.write(f);
      }
    }
    if (bytes.size() > MAX_RECORD_BYTES) {
      throw new IOException(
          "a group of " + bytes.size() + " bytes; at most " + MAX_RECORD_BYTES + " are kept");
    }
    return bytes.toByteArray();
  }

  private static void text(DataOutputStream out, String s) throws IOException {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    out.writeInt(b.length);
    out.write(b);
  }

  private static byte[] family(MetricFamily f) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w = ExpositionWriter.of(PROTOBUF, out);
    w.write(f);
    w.finish();
    return out.toByteArray();
  }

  private static void decode(
      Path file, byte[] payload, BiConsumer<SortedMap<String, String>, @Nullable PushGroup> to)
      throws IOException {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(payload))) {
      int n = in.readUnsignedShort();
      TreeMap<String, String> labels = new TreeMap<>();
      for (int i = 0; i < n; i++) {
        String name = text(in);
        labels.put(name, text(in));
      }
      if (in.readByte() == 0) {
        to.accept(labels, null);
        return;
      }
      TreeMap<String, PushGroup.Pushed> families = new TreeMap<>();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        long micros = in.readLong();
        Instant at =
            Instant.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
        List<MetricFamily> f = Families.protobuf(in.readNBytes(in.readInt()));
        f.forEach(x -> families.put(x.name(), new PushGroup.Pushed(x, at)));
      }
      to.accept(labels, new PushGroup(labels, families));
    } catch (CodecException | UncheckedIOException | IllegalArgumentException e) {
      throw new IOException(file + " holds a group that cannot be read: " + e.getMessage(), e);
    }
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
