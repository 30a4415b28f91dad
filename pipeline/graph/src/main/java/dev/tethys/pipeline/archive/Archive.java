package dev.tethys.pipeline.archive;

import dev.tethys.model.file.SegmentFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Archive format.
 *
 * <pre>
 * folder:
 *   LOCK                    held by the process that writes
 *   NNNNNNNNNNNNNNNN.seg    records; the name is the number of the segment, 16 hexadecimal digits
 *   NNNNNNNNNNNNNNNN.idx    index of a complete segment; rebuilt from the segment if missing
 *   replays/                positions of replays
 *   MOVED                   number of the last segment that was moved to S3, as text
 *   ID                      identity of the archive, where it moves segments to S3
 * bucket of S3, below a prefix:
 *   OWNER                   identity of the archive that writes here
 *   NNNNNNNNNNNNNNNN.seg    segment; complete once its index is stored
 *   NNNNNNNNNNNNNNNN.idx    index
 * segment:
 *   8 bytes  "TYARCHV1"
 *   8 bytes  number
 *   records in sequence:
 *     4 bytes  length of the summary
 *     4 bytes  length of the body
 *     4 bytes  CRC-32C of both lengths, the summary and the body
 *     summary, see {@link RequestSummary}
 *     body, a request of OTLP in protobuf, compressed by zstd
 * index:
 *   8 bytes  "TYARCHX1"
 *   8 bytes  number
 *   4 bytes  count of records
 *   for each record: 8 bytes offset in the segment, 4 bytes length of the body, summary
 *   4 bytes  CRC-32C of all before
 * </pre>
 *
 * Numbers are big-endian. Records are not those of {@link dev.tethys.model.file.RecordLog}, which
 * is replayed as a whole: these are read by their offsets, and are larger.
 */
public final class Archive {
  /** Resource attribute of data of a replay; its value is the name of the replay. */
  public static final String REPLAY_ATTRIBUTE = "tethys.replay";

  /** Resource attribute with the key of the object from which a replay read an item. */
  public static final String OBJECT_ATTRIBUTE = "tethys.replay.object";

  /** Folder of the positions of replays. */
  public static final String REPLAYS = "replays";

  static final String LOCK = "LOCK";
  static final String MOVED = "MOVED";
  static final SegmentFiles.Names SEGMENTS = new SegmentFiles.Names(true, ".seg");
  static final SegmentFiles.Names INDEXES = new SegmentFiles.Names(true, ".idx");

  /** Bytes before the first record. */
  static final int HEADER = 16;

  /** Bytes before the summary of a record. */
  static final int RECORD_HEADER = 12;

  /** Maximum length of a summary; a larger value is not a length. */
  static final int MAX_SUMMARY = 16 << 20;

  /** Longest body. */
  static final int MAX_BODY = 1 << 30;

  private static final byte[] SEGMENT_MAGIC = "TYARCHV1".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] INDEX_MAGIC = "TYARCHX1".getBytes(StandardCharsets.US_ASCII);

  private Archive() {}

  /**
   * A record of a segment.
   *
   * @param offset offset of the record in the segment
   */
  public record Entry(long offset, int bodyLength, RequestSummary summary) {}

  /** Returns the segment numbers of an archive, ascending. */
  static List<Long> segments(ArchiveFiles files) throws IOException {
    List<Long> out = new ArrayList<>();
    for (String name : files.names()) {
      Long n = SEGMENTS.number(name);
      if (n != null) {
        out.add(n);
      }
    }
    out.sort(null);
    return out;
  }

  static byte[] header(long number) {
    return ByteBuffer.allocate(HEADER).put(SEGMENT_MAGIC).putLong(number).array();
  }

  static boolean isHeader(byte[] b, long number) {
    return Arrays.equals(b, header(number));
  }

  static byte[] record(byte[] summary, byte[] body) {
    return ByteBuffer.allocate(RECORD_HEADER + summary.length + body.length)
        .putInt(summary.length)
        .putInt(body.length)
        .putInt(crc(summary, body))
        .put(summary)
        .put(body)
        .array();
  }

  static int crc(byte[] summary, byte[] body) {
    CRC32C c = new CRC32C();
    c.update(ByteBuffer.allocate(8).putInt(summary.length).putInt(body.length).flip());
    c.update(summary);
    c.update(body);
    return (int) c.getValue();
  }

  static byte[] index(long number, List<Entry> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(INDEX_MAGIC);
      out.writeLong(number);
      out.writeInt(entries.size());
      for (Entry e : entries) {
        out.writeLong(e.offset());
        out.writeInt(e.bodyLength());
        out.write(e.summary().write());
      }
      CRC32C c = new CRC32C();
      c.update(bytes.toByteArray());
      out.writeInt((int) c.getValue());
    }
    return bytes.toByteArray();
  }

  /**
   * Reads an index.
   *
   * @throws IOException if it is damaged
   */
  static List<Entry> entries(byte[] index, long number) throws IOException {
    CRC32C c = new CRC32C();
    c.update(index, 0, Math.max(0, index.length - 4));
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(index))) {
      byte[] magic = in.readNBytes(8);
      if (!Arrays.equals(magic, INDEX_MAGIC)
          || in.readLong() != number
          || ByteBuffer.wrap(index).getInt(index.length - 4) != (int) c.getValue()) {
        throw new IOException(
            "the index of segment " + HexFormat.of().toHexDigits(number) + " is damaged");
      }
      int n = in.readInt();
      List<Entry> out = new ArrayList<>(Math.min(n, ArchiveWriter.MAX_RECORDS));
      for (int i = 0; i < n; i++) {
        long offset = in.readLong();
        int length = in.readInt();
        out.add(new Entry(offset, length, RequestSummary.read(in)));
      }
      return out;
    }
  }
}
