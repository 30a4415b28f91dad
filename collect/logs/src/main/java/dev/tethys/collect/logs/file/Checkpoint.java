package dev.tethys.collect.logs.file;

import com.dynatrace.hash4j.hashing.Hashing;

/**
 * Read position of a file, with properties that identify the file: path, first bytes, and last
 * bytes read.
 *
 * @param source reader of the file: a job and its labels
 * @param path path used to open the file
 * @param offset bytes; of the content where the file is compressed
 * @param lines number of lines that end before it
 * @param headLength number of first bytes in {@code headHash}; at most {@link #HEAD}
 * @param tailLength number of bytes before the offset in {@code tailHash}; at most {@link #TAIL}
 * @param midLine whether the offset is inside a line whose start was forwarded as too long
 * @param compressed whether offset and lines refer to decompressed content
 * @param listed whether Promtail's file has the same position for the path
 * @param seen time of the last sighting, milliseconds since 1970
 */
record Checkpoint(
    String source,
    String path,
    FileId id,
    long offset,
    long lines,
    int headLength,
    long headHash,
    int tailLength,
    long tailHash,
    boolean midLine,
    boolean compressed,
    boolean listed,
    long seen) {
  static final int HEAD = 1024;
  static final int TAIL = 256;

  static Checkpoint start(String source, String path, FileId id, boolean compressed, long now) {
    return new Checkpoint(source, path, id, 0, 0, 0, 0, 0, 0, false, compressed, false, now);
  }

  static long hash(byte[] bytes, int offset, int length) {
    return length == 0 ? 0 : Hashing.xxh3_64().hashBytesToLong(bytes, offset, length);
  }

  Checkpoint seenAt(long now) {
    return new Checkpoint(
        source,
        path,
        id,
        offset,
        lines,
        headLength,
        headHash,
        tailLength,
        tailHash,
        midLine,
        compressed,
        listed,
        now);
  }

  /** Returns a checkpoint whose head is taken from another checkpoint of the same content. */
  Checkpoint withHead(Checkpoint c) {
    return c.headLength <= headLength
        ? this
        : new Checkpoint(
            source,
            path,
            id,
            offset,
            lines,
            c.headLength,
            c.headHash,
            tailLength,
            tailHash,
            midLine,
            compressed,
            listed,
            seen);
  }

  /** The same of a file that is found elsewhere. */
  Checkpoint of(String newSource, String newPath, FileId newId) {
    return new Checkpoint(
        newSource,
        newPath,
        newId,
        offset,
        lines,
        headLength,
        headHash,
        tailLength,
        tailHash,
        midLine,
        compressed,
        listed,
        seen);
  }

  /** The same under another path. */
  Checkpoint named(String newPath) {
    return of(source, newPath, id);
  }

  Checkpoint listed(boolean isListed) {
    return new Checkpoint(
        source,
        path,
        id,
        offset,
        lines,
        headLength,
        headHash,
        tailLength,
        tailHash,
        midLine,
        compressed,
        isListed,
        seen);
  }
}
