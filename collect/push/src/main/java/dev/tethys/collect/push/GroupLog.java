package dev.tethys.collect.push;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.codec.exposition.Families;
import dev.tethys.model.exposition.MetricFamily;
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
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file of groups: each change is on the disk when {@link #append} returns.
 *
 * <p>Format, all numbers big-endian: eight bytes {@code TTHSPUSH}, then a version (4 bytes, {@value
 * #VERSION}); then records of a length (4 bytes, at most {@link #MAX_RECORD_BYTES}), the CRC-32C of
 * the payload (4 bytes), and the payload: the number of labels (2 bytes), name and value of each
 * (length of 4 bytes, UTF-8); one byte that says whether the group is there (1) or gone (0); if it
 * is there the number of families (4 bytes) and of each its time in microseconds (8 bytes) and its
 * protobuf message as exporters show it, delimited (length of 4 bytes before). A later record of
 * the same labels replaces an earlier one.
 *
 * <p>A file of Prometheus's Pushgateway is taken over: it is read as a whole, kept beside under
 * {@link #KEPT}, and only then written anew in this format under its name. A kill in between leaves
 * it as it was, and the next start does the same again.
 *
 * <p>Once it holds far more than the groups that there are, it is written anew beside, and takes
 * the name of the old one. When it is opened, a record that does not match its checksum is passed
 * over if a whole one follows it. What is not whole at the end, mostly one record that was being
 * written, is cut off and kept beside under {@link #DAMAGED}.
 *
 * <p>Not for several threads at once.
 */
final class GroupLog implements Closeable {
  static final int MAX_RECORD_BYTES = 256 << 20;

  /** The number of labels, and whether the group is there. */
  private static final int MIN_RECORD_BYTES = 3;

  /** Below this size the file is never rewritten. */
  static final long SLACK = 4 << 20;

  /** What the name of a file of Prometheus's Pushgateway gets when it was taken over. */
  static final String KEPT = ".prometheus";

  /** What the name of the file gets for what was cut off its end. */
  static final String DAMAGED = ".damaged";

  private static final int VERSION = 1;
  private static final byte[] MAGIC = "TTHSPUSH".getBytes(StandardCharsets.US_ASCII);
  private static final int HEADER = MAGIC.length + 4;
  private static final ExpositionFormat.Negotiated PROTOBUF =
      new ExpositionFormat.Negotiated(ExpositionFormat.PROTOBUF, EscapingScheme.ALLOW_UTF_8);
  private static final System.Logger LOG = System.getLogger(GroupLog.class.getName());

  private final Path file;
  private FileChannel channel;
  private long size;
  private long compacted;

  private GroupLog(Path file, FileChannel channel, long size) {
    this.file = file;
    this.channel = channel;
    this.size = size;
    this.compacted = size;
  }

  /**
   * Opens or makes a file and gives its records in order; null for a group that is gone.
   *
   * @throws IOException when it cannot be read, is in use, or is a file of another kind
   */
  static GroupLog open(Path file, BiConsumer<SortedMap<String, String>, @Nullable PushGroup> to)
      throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    FileChannel c = opened(file);
    boolean done = false;
    try {
      if (beginsHeader(c)) { // new, or cut off before anything was acknowledged
        c.truncate(0);
        write(c, header());
        c.force(true);
        sync(file);
      }
      if (!isOwn(c)) {
        GroupLog taken = takeOver(file, c, to);
        done = true;
        return taken;
      }
      long end = read(file, c, to);
      if (end < c.size()) {
        cutOff(file, c, end);
      }
      c.position(end);
      done = true;
      return new GroupLog(file, c, end);
    } finally {
      if (!done) {
        c.close();
      }
    }
  }

  /** Nobody can know whether it was acknowledged, so it is kept for people. */
  private static void cutOff(Path file, FileChannel c, long end) throws IOException {
    Path kept = file.resolveSibling(file.getFileName() + DAMAGED);
    try (FileChannel out = opened(kept)) {
      out.truncate(0);
      c.position(end);
      Channels.newInputStream(c).transferTo(Channels.newOutputStream(out));
      out.force(true);
    }
    LOG.log(
        Level.WARNING,
        "{0}: the last {1} bytes are no whole record, as when the process ended while it wrote one;"
            + " they were moved to {2}",
        file,
        c.size() - end,
        kept);
    c.truncate(end);
    c.force(true);
  }

  private static FileChannel opened(Path file) throws IOException {
    FileChannel c =
        FileChannel.open(
            file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
    try {
      FileLock lock = c.tryLock();
      if (lock == null) {
        c.close();
        throw new IOException(file + " is in use by another process");
      }
    } catch (OverlappingFileLockException e) {
      c.close();
      throw new IOException(file + " is in use by this process", e);
    }
    return c;
  }

  private static boolean beginsHeader(FileChannel c) throws IOException {
    return c.size() < HEADER && Arrays.mismatch(start(c, HEADER), header()) == c.size();
  }

  private static boolean isOwn(FileChannel c) throws IOException {
    return Arrays.equals(start(c, MAGIC.length), MAGIC);
  }

  /** The first bytes; fewer when there are fewer. */
  private static byte[] start(FileChannel c, int n) throws IOException {
    ByteBuffer b = ByteBuffer.allocate((int) Math.min(n, c.size()));
    readFully(c, b, 0);
    return b.array();
  }

  private static GroupLog takeOver(
      Path file, FileChannel c, BiConsumer<SortedMap<String, String>, @Nullable PushGroup> to)
      throws IOException {
    List<PushGroup> groups;
    try {
      c.position(0);
      // Not closed: the channel holds the lock.
      groups =
          PushgatewayFile.read(
              new BufferedInputStream(Channels.newInputStream(c), 1 << 16), c.size());
    } catch (CodecException e) {
      throw new IOException(
          file
              + " is no file of this program, nor can it be read as one of Prometheus's Pushgateway ("
              + e.getMessage()
              + "): move it away, or name another by --persistence.file",
          e);
    }
    Path kept = keep(file, c);
    GroupLog log = new GroupLog(file, c, c.size());
    log.compact(groups);
    groups.forEach(g -> to.accept(g.labels(), g));
    LOG.log(
        Level.INFO,
        "{0}: {1} groups of a Prometheus Pushgateway were taken over; its file is now {2}",
        file,
        groups.size(),
        kept);
    return log;
  }

  /**
   * Gives a file a second name, or makes a copy where files cannot have two. It is read through its
   * channel alone: to open and close it once more would give up its lock.
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
              + ", but that is there already: move one of them away");
    }
    try {
      Files.createLink(kept, file);
    } catch (UnsupportedOperationException | FileSystemException e) {
      copy(c, kept);
    }
    sync(kept);
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
    try (FileChannel out = opened(part)) {
      c.position(0);
      Channels.newInputStream(c).transferTo(Channels.newOutputStream(out));
      out.force(true);
    }
    Files.move(part, to); // not over one that somebody has put there meanwhile
  }

  private static byte[] header() {
    return ByteBuffer.allocate(HEADER).put(MAGIC).putInt(VERSION).array();
  }

  private static long read(
      Path file, FileChannel c, BiConsumer<SortedMap<String, String>, @Nullable PushGroup> to)
      throws IOException {
    ByteBuffer head = ByteBuffer.allocate(HEADER);
    readFully(c, head, 0);
    int version = head.getInt(MAGIC.length);
    if (version != VERSION) {
      throw new IOException(file + " has version " + version + "; this program reads " + VERSION);
    }
    long pos = HEADER; // all before it is done with
    long at = HEADER;
    while (at < c.size()) {
      long behind = behind(c, at);
      if (behind < 0) {
        break;
      }
      byte[] payload = whole(c, at, behind);
      if (payload != null) {
        if (pos < at) {
          LOG.log(
              Level.ERROR,
              "{0}: {1} bytes at {2} are damaged and passed over: what they say of a group is lost",
              file,
              at - pos,
              pos);
        }
        decode(file, payload, to);
        pos = behind;
      }
      at = behind;
    }
    return pos;
  }

  /** Where the record ends that says to begin somewhere; -1 when none can. */
  private static long behind(FileChannel c, long at) throws IOException {
    if (c.size() - at < 8) {
      return -1;
    }
    ByteBuffer h = ByteBuffer.allocate(4);
    readFully(c, h, at);
    int n = h.getInt(0);
    // Zeros, as a power cut leaves, would be a record without payload of the right checksum.
    return n < MIN_RECORD_BYTES || n > MAX_RECORD_BYTES || n > c.size() - at - 8 ? -1 : at + 8 + n;
  }

  /** The payload of a record; null when it does not match its checksum. */
  private static byte @Nullable [] whole(FileChannel c, long at, long behind) throws IOException {
    ByteBuffer crc = ByteBuffer.allocate(4);
    readFully(c, crc, at + 4);
    ByteBuffer payload = ByteBuffer.allocate((int) (behind - at - 8));
    readFully(c, payload, at + 8);
    return checksum(payload.array()) == crc.getInt(0) ? payload.array() : null;
  }

  private static void readFully(FileChannel c, ByteBuffer into, long at) throws IOException {
    while (into.hasRemaining()) {
      if (c.read(into, at + into.position()) < 0) {
        throw new IOException("the file ended while it was read");
      }
    }
  }

  private static int checksum(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }

  /**
   * Writes the state of a group; null for gone.
   *
   * @throws IOException when it could not be made durable; then it is not in the file either
   */
  void append(SortedMap<String, String> labels, @Nullable PushGroup group) throws IOException {
    byte[] record = record(labels, group);
    try {
      write(channel, record);
      channel.force(false);
      size += record.length;
    } catch (IOException e) {
      channel.truncate(size);
      channel.position(size);
      throw e;
    }
  }

  /** Whether most of the file is of the past. */
  boolean isWorthCompacting() {
    return size > SLACK && size > 4 * compacted;
  }

  /** Writes the groups that there are anew. */
  void compact(Collection<PushGroup> groups) throws IOException {
    Path next = file.resolveSibling(file.getFileName() + ".new");
    FileChannel c = opened(next);
    boolean done = false;
    try {
      c.truncate(0);
      write(c, header());
      for (PushGroup g : groups) {
        write(c, record(g.labels(), g));
      }
      c.force(true);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      sync(file);
      channel.close();
      channel = c;
      size = c.position();
      compacted = size;
      done = true;
    } finally {
      if (!done) {
        c.close();
        Files.deleteIfExists(next);
      }
    }
  }

  private static void sync(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel d = FileChannel.open(folder, StandardOpenOption.READ)) {
        d.force(true);
      }
    }
  }

  private static void write(FileChannel c, byte[] bytes) throws IOException {
    ByteBuffer b = ByteBuffer.wrap(bytes);
    while (b.hasRemaining()) {
      c.write(b);
    }
  }

  private static byte[] record(SortedMap<String, String> labels, @Nullable PushGroup group)
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
    byte[] payload = bytes.toByteArray();
    if (payload.length > MAX_RECORD_BYTES) {
      throw new IOException(
          "a group of " + payload.length + " bytes; at most " + MAX_RECORD_BYTES + " are kept");
    }
    return ByteBuffer.allocate(8 + payload.length)
        .putInt(payload.length)
        .putInt(checksum(payload))
        .put(payload)
        .array();
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
    channel.close();
  }
}
