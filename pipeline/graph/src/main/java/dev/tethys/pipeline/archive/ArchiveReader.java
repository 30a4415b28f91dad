package dev.tethys.pipeline.archive;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.FileAccess.ReadableFile;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive, also while a process writes it. Complete segments are read by their index, so
 * that bodies outside a selection are not read. Not thread-safe.
 */
public final class ArchiveReader {
  private final ArchiveFiles files;
  private long loaded; // segment number of the entries; 0 for none
  private long loadedLimit;
  private List<Archive.Entry> entries = List.of();

  /** Creates a reader of an archive in a directory. */
  public ArchiveReader(FileAccess files, Path folder) {
    this(ArchiveFiles.in(files, folder));
  }

  public ArchiveReader(ArchiveFiles files) {
    this.files = files;
  }

  /**
   * A request of an archive.
   *
   * @param next position after the request
   * @param body request of OTLP in protobuf
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Found(ArchivePosition next, RequestSummary summary, byte[] body) {}

  /**
   * A segment.
   *
   * @param bytes size of the segment file
   */
  public record SegmentInfo(long number, long bytes, List<Archive.Entry> entries) {}

  /** Returns all segments, oldest first. */
  public List<SegmentInfo> segments() throws IOException {
    List<SegmentInfo> out = new ArrayList<>();
    for (long n : Archive.segments(files)) {
      try {
        long bytes = files.size(Archive.SEGMENTS.name(n));
        out.add(new SegmentInfo(n, bytes, load(n, Long.MAX_VALUE)));
      } catch (NoSuchFileException e) {
        continue; // deleted meanwhile
      }
    }
    return out;
  }

  /** Returns the position after the last complete record. */
  public ArchivePosition end() throws IOException {
    List<Long> all = Archive.segments(files);
    if (all.isEmpty()) {
      return ArchivePosition.START;
    }
    long last = all.getLast();
    List<Archive.Entry> of = load(last, Long.MAX_VALUE);
    return new ArchivePosition(last, of.isEmpty() ? Archive.HEADER : behind(of.getLast()));
  }

  private static long behind(Archive.Entry e) {
    return e.offset() + Archive.RECORD_HEADER + e.summary().write().length + e.bodyLength();
  }

  /** Whether segments before a position that a replay has not reached were deleted. */
  public boolean isGone(ArchivePosition position) throws IOException {
    List<Long> all = Archive.segments(files);
    return position.segment() > 0 && (all.isEmpty() || all.getFirst() > position.segment());
  }

  /**
   * Returns the first request from a position that may contain items of a selection, or null if
   * there is none before the end.
   *
   * @throws IOException if a file cannot be read or is corrupt
   */
  public @Nullable Found next(ArchivePosition from, ArchivePosition end, ArchiveSelection s)
      throws IOException {
    for (long n : Archive.segments(files)) {
      if (n < from.segment() || n > end.segment()) {
        continue;
      }
      long start = n == from.segment() ? from.offset() : 0;
      long limit = n == end.segment() ? end.offset() : Long.MAX_VALUE;
      try {
        if (loaded != n || loadedLimit != limit) {
          entries = load(n, limit);
          loaded = n;
          loadedLimit = limit;
        }
        for (int i = first(start); i < entries.size(); i++) {
          Archive.Entry e = entries.get(i);
          if (e.offset() < limit && e.summary().mayMatch(s)) {
            return new Found(new ArchivePosition(n, behind(e)), e.summary(), body(n, e));
          }
        }
      } catch (NoSuchFileException e) {
        loaded = 0; // deleted meanwhile
      }
    }
    return null;
  }

  /** Returns the index of the first entry at or after an offset. */
  private int first(long offset) {
    int low = 0;
    int high = entries.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (entries.get(middle).offset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Entries of a segment, of an incomplete one up to its first incomplete record. */
  private List<Archive.Entry> load(long number, long limit) throws IOException {
    String index = Archive.INDEXES.name(number);
    if (files.exists(index)) {
      return Archive.entries(files.read(index), number);
    }
    return scan(files, number, limit);
  }

  /** Reads the records of a segment up to the limit or the first incomplete one. */
  static List<Archive.Entry> scan(ArchiveFiles files, long number, long limit) throws IOException {
    String segment = Archive.SEGMENTS.name(number);
    List<Archive.Entry> out = new ArrayList<>();
    try (ReadableFile f = files.open(segment)) {
      long size = Math.min(limit, f.size());
      byte[] header = new byte[Archive.HEADER];
      if (size < header.length || f.read(0, header, 0, header.length) < header.length) {
        return out;
      }
      if (!Archive.isHeader(header, number)) {
        throw new IOException(files.shown(segment) + " is not an archive segment; move it away");
      }
      long at = Archive.HEADER;
      while (at + Archive.RECORD_HEADER <= size) {
        Archive.Entry e = entry(f, at, size);
        if (e == null) {
          break;
        }
        out.add(e);
        at = behind(e);
      }
    }
    return out;
  }

  private static Archive.@Nullable Entry entry(ReadableFile f, long at, long size)
      throws IOException {
    byte[] head = new byte[Archive.RECORD_HEADER];
    f.read(at, head, 0, head.length);
    ByteBuffer b = ByteBuffer.wrap(head);
    int summaryLength = b.getInt();
    int bodyLength = b.getInt();
    int crc = b.getInt();
    if (summaryLength <= 0
        || summaryLength > Archive.MAX_SUMMARY
        || bodyLength < 0
        || bodyLength > Archive.MAX_BODY
        || at + Archive.RECORD_HEADER + summaryLength + bodyLength > size) {
      return null;
    }
    byte[] summary = new byte[summaryLength];
    f.read(at + Archive.RECORD_HEADER, summary, 0, summaryLength);
    byte[] body = new byte[bodyLength];
    f.read(at + Archive.RECORD_HEADER + summaryLength, body, 0, bodyLength);
    if (Archive.crc(summary, body) != crc) {
      return null;
    }
    return new Archive.Entry(
        at,
        bodyLength,
        RequestSummary.read(new DataInputStream(new ByteArrayInputStream(summary))));
  }

  private byte[] body(long number, Archive.Entry e) throws IOException {
    String name = Archive.SEGMENTS.name(number);
    String p = files.shown(name);
    try (ReadableFile f = files.open(name)) {
      byte[] head = new byte[Archive.RECORD_HEADER];
      byte[] summary = e.summary().write();
      byte[] body = new byte[e.bodyLength()];
      int n = f.read(e.offset(), head, 0, head.length);
      n += f.read(e.offset() + head.length, summary, 0, summary.length);
      n += f.read(e.offset() + head.length + summary.length, body, 0, body.length);
      if (n < head.length + summary.length + body.length
          || Archive.crc(summary, body) != ByteBuffer.wrap(head).getInt(8)) {
        throw new IOException(p + ": the record at byte " + e.offset() + " is damaged");
      }
      return Compression.ZSTD.decompress(body, 0, body.length, Archive.MAX_BODY);
    } catch (CodecException x) {
      throw new IOException(p + ": the record at byte " + e.offset() + " is damaged", x);
    }
  }
}
