package dev.tethys.store.archive.prometheus;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.chunk.ChunkDecoder;
import dev.tethys.codec.chunk.ChunkEncoding;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a block, in numbered files.
 *
 * <pre>
 * 4 bytes 85 BD 40 DD, 1 byte version 1, 3 bytes padding, then chunks:
 *   uvarint length of the data, 1 byte encoding, data, 4 bytes CRC of encoding and data
 * a chunk is named by: number of its file, from 0, in the upper 32 bits, its offset in the lower
 * </pre>
 *
 * <p>Not thread-safe.
 */
final class ChunkFiles implements AutoCloseable {
  private static final int MAGIC = 0x85BD40DD;

  private final Path folder;
  private final List<@Nullable MappedFile> files = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();
  private final ChunkDecoder decoder = new ChunkDecoder();
  private byte[] data = new byte[4096];

  ChunkFiles(Path folder) throws IOException {
    this.folder = folder;
    List<Path> paths;
    try (Stream<Path> s = Files.list(folder)) {
      paths = s.filter(p -> p.getFileName().toString().matches("\\d{6,}")).sorted().toList();
    }
    for (Path p : paths) {
      // A missing file leaves its number free; they are counted from 1.
      long number = Long.parseLong(p.getFileName().toString());
      while (files.size() < number - 1 && files.size() < 1 << 20) {
        files.add(null);
      }
      files.add(open(p));
    }
  }

  private @Nullable MappedFile open(Path p) throws IOException {
    MappedFile f = new MappedFile(p);
    try {
      if (f.int32() != MAGIC) {
        throw f.damaged(0, "this is not a file of chunks");
      }
      int version = f.u8();
      if (version != 1) {
        throw f.damaged(4, "chunks of version " + version + " are unknown, 1 is");
      }
      return f;
    } catch (CorruptFileException e) {
      problems.add(e.getMessage());
      f.close();
      return null;
    }
  }

  /** Returns the problems that affect entire files. */
  List<String> problems() {
    return problems;
  }

  /** Returns the total size of all files in bytes. */
  long bytes() {
    long n = 0;
    for (MappedFile f : files) {
      n += f == null ? 0 : f.size();
    }
    return n;
  }

  /**
   * Appends the samples of a chunk, which must be newer than those in the buffer.
   *
   * @return bytes of the chunk, without length, encoding and checksum
   * @throws CorruptFileException if the chunk is incomplete; the buffer is unchanged
   */
  int read(long ref, SampleBuffer into) {
    int number = (int) (ref >>> 32);
    long at = ref & 0xffffffffL;
    MappedFile f = number < files.size() ? files.get(number) : null;
    if (f == null) {
      throw new CorruptFileException(
          folder.resolve(String.format(java.util.Locale.ROOT, "%06d", number + 1)),
          at,
          "the file of this chunk is missing or cannot be read");
    }
    f.pos = at;
    long length = f.uvarint();
    long from = f.pos;
    if (length > f.size() - from - 5 || length > 1 << 28) {
      throw f.damaged(at, "a chunk of " + length + " bytes extends past the end of the file");
    }
    int n = (int) length + 1;
    if (data.length < n) {
      data = new byte[Math.max(n, data.length * 2)];
    }
    f.copy(from, data, 0, n);
    f.pos = from + n;
    if (f.int32() != f.crc(data, n)) {
      throw f.damaged(at, "checksum of a chunk does not match");
    }
    int before = into.size;
    try {
      decoder.decode(ChunkEncoding.of(data[0]), data, 1, n - 1, into);
    } catch (CodecException e) {
      into.size = before;
      throw f.damaged(at, String.valueOf(e.getMessage()));
    }
    return n - 1;
  }

  @Override
  public void close() {
    for (MappedFile f : files) {
      if (f != null) {
        f.close();
      }
    }
  }
}
