package dev.tethys.store.archive.prometheus;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.chunk.ChunkDecoder;
import dev.tethys.codec.chunk.ChunkEncoding;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Full chunks of series that are still in Prometheus's memory.
 *
 * <pre>
 * 4 bytes 01 30 BC 91, 1 byte version 1, 3 bytes padding, then chunks, then zeros:
 *   8 bytes series, 8 bytes min time, 8 bytes max time, 1 byte encoding (bit 7: of late samples),
 *   uvarint length, data, 4 bytes CRC of all before
 * </pre>
 */
final class HeadChunks {
  private static final int MAGIC = 0x0130BC91;
  private static final int LATE = 0x80;
  private static final int FIXED = 3 * 8 + 1;

  private HeadChunks() {}

  /** Takes a chunk. */
  @FunctionalInterface
  interface Visitor {
    void chunk(long series, boolean late, long minTime, long maxTime, SampleBuffer samples);
  }

  /** Returns the files of a folder, ascending. */
  static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> s = Files.list(folder)) {
      return s.filter(p -> p.getFileName().toString().matches("\\d{6,}")).sorted().toList();
    }
  }

  /** Reads a file up to its end or to the first place that cannot be read. */
  static void read(Path path, Visitor to, Consumer<String> problems) throws IOException {
    try (MappedFile f = new MappedFile(path)) {
      if (f.size() == 0) {
        return;
      }
      try {
        if (f.int32() != MAGIC) {
          throw f.damaged(0, "this is not a file of head chunks");
        }
        if (f.u8() != 1) {
          throw f.damaged(4, "head chunks of an unknown version");
        }
        read(f, to, problems);
      } catch (CorruptFileException e) {
        problems.accept(e.getMessage());
      }
    }
  }

  private static void read(MappedFile f, Visitor to, Consumer<String> problems) {
    ChunkDecoder decoder = new ChunkDecoder();
    SampleBuffer b = new SampleBuffer();
    byte[] data = new byte[4096];
    long at = 8;
    while (f.size() - at >= FIXED + 1 + 4) {
      f.pos = at;
      long series = f.int64();
      long min = f.int64();
      long max = f.int64();
      int encoding = f.u8();
      if (series == 0 && min == 0 && max == 0 && encoding == 0) {
        return; // the rest was allocated and not used
      }
      long length = f.uvarint();
      long from = f.pos;
      if (length > f.size() - from - 4 || length > 1 << 28) {
        throw f.damaged(at, "a chunk of " + length + " bytes extends past the end of the file");
      }
      f.pos = from + length;
      if (f.int32() != f.crc(at, from + length - at)) {
        // The beginning of the next chunk is no longer certain.
        throw f.damaged(at, "checksum of a head chunk does not match");
      }
      int n = (int) length;
      if (data.length < n) {
        data = new byte[n * 2];
      }
      f.copy(from, data, 0, n);
      b.clear();
      try {
        decoder.decode(ChunkEncoding.of(encoding & ~LATE), data, 0, n, b);
        to.chunk(series, (encoding & LATE) != 0, min, max, b);
      } catch (CodecException e) {
        problems.accept(f.damaged(at, String.valueOf(e.getMessage())).getMessage());
      }
      at = from + length + 4;
    }
  }
}
