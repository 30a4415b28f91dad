package dev.tethys.pipeline.delivery;

import dev.tethys.model.file.FileAccess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Reads the record headers of a segment, skipping damaged parts. */
final class SegmentWalk {
  /** Number of bytes per read. */
  private static final int CHUNK = 64 << 10;

  private final SegmentedLog log;
  private final Segment segment;
  private final long limit;
  private long at;
  private byte[] chunk = new byte[CHUNK];
  private long chunkAt = -1;
  private int chunkLength;

  /** Walks from the start of a record to the end of one. */
  SegmentWalk(SegmentedLog log, Segment segment, long from, long limit) {
    this.log = log;
    this.segment = segment;
    this.at = from;
    this.limit = limit;
  }

  /** Returns the next record with a valid head whose body is within the file; null at the end. */
  SegmentedLog.@Nullable ScannedRecord next() throws IOException {
    FileAccess.ReadableFile in = log.reader(segment);
    long end = Math.min(limit, in.size());
    while (at + StoredRequest.PREFIX <= end) {
      if (!fill(in, at, StoredRequest.PREFIX)) {
        return null;
      }
      int p = (int) (at - chunkAt);
      ByteBuffer b = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
      if (b.getInt(p) == StoredRequest.MARKER) {
        int head = b.getInt(p + 4);
        int body = b.getInt(p + 8);
        if (head >= 0
            && head <= StoredRequest.MAX_HEAD
            && body >= 0
            && at + StoredRequest.PREFIX + head + body <= end
            && fill(in, at, StoredRequest.PREFIX + head)) {
          p = (int) (at - chunkAt);
          b = ByteBuffer.wrap(chunk).order(ByteOrder.LITTLE_ENDIAN);
          if (b.getInt(p + 12) == StoredRequest.headCrc(chunk, p, head)) {
            StoredRequest r = StoredRequest.decode(chunk, p + StoredRequest.PREFIX, head);
            if (r != null) {
              SegmentedLog.LogPosition place =
                  new SegmentedLog.LogPosition(
                      segment, at, at + StoredRequest.PREFIX + head + body);
              at = place.end();
              return new SegmentedLog.ScannedRecord(place, r, head);
            }
          }
        }
      }
      at++;
    }
    return null;
  }

  /** Ensures at least {@code length} bytes in the chunk from a position. */
  private boolean fill(FileAccess.ReadableFile in, long from, int length) throws IOException {
    if (chunkAt >= 0 && from >= chunkAt && from + length <= chunkAt + chunkLength) {
      return true;
    }
    if (chunk.length < length) {
      chunk = new byte[length];
    }
    chunkLength = in.read(from, chunk, 0, chunk.length);
    chunkAt = from;
    return chunkLength >= length;
  }
}
