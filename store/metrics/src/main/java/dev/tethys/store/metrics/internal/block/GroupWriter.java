package dev.tethys.store.metrics.internal.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.tethys.model.file.FileAccess.WritableFile;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Writer of compressed, checksummed groups of a file.
 *
 * <pre>
 * group: 4 bytes CRC-32C of the rest of the group, 4 bytes stored length, 4 bytes raw length, payload
 * </pre>
 *
 * The payload is zstd, or raw when stored and raw length are the same.
 */
final class GroupWriter implements AutoCloseable {
  /**
   * Creating one takes about as long as decompressing a group; at most one exists per thread that
   * may run.
   */
  private static final BlockingQueue<ZstdDecompressCtx> IDLE =
      new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());

  private final ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(3);
  private final boolean compresses;
  private final ByteSink out = new ByteSink(BlockLayout.GROUP_BYTES);

  GroupWriter() {
    this(true);
  }

  private GroupWriter(boolean compresses) {
    this.compresses = compresses;
  }

  /** Stores groups uncompressed, which is equally valid. */
  static GroupWriter uncompressed() {
    return new GroupWriter(false);
  }

  /** Writes a group and returns its size in the file. */
  int write(ByteSink raw, WritableFile to) throws IOException {
    out.clear();
    int bound = (int) Zstd.compressBound(raw.size);
    out.ensure(BlockLayout.GROUP_HEADER + bound);
    int n = zstd.compressByteArray(out.buf, BlockLayout.GROUP_HEADER, bound, raw.buf, 0, raw.size);
    if (!compresses || n >= raw.size - (raw.size >> 6)) {
      System.arraycopy(raw.buf, 0, out.buf, BlockLayout.GROUP_HEADER, raw.size);
      n = raw.size;
    }
    out.size = 4;
    out.putInt(n);
    out.putInt(raw.size);
    int crc = ByteSink.crc(out.buf, 4, n + 8);
    out.size = 0;
    out.putInt(crc);
    out.size = BlockLayout.GROUP_HEADER + n;
    to.write(out.buf, 0, out.size);
    return out.size;
  }

  @Override
  public void close() {
    zstd.close();
  }

  /**
   * Returns the content of a group, with spare bytes after it for reading whole words.
   *
   * @throws CorruptionException if the bytes differ from the written ones
   */
  static byte[] read(Mapped file, long offset, long length) {
    if (length < BlockLayout.GROUP_HEADER || length > BlockLayout.MAX_GROUP_BYTES) {
      throw new CorruptionException("invalid group size: " + length + " bytes");
    }
    byte[] b = file.bytes(offset, (int) length);
    ByteSource in = new ByteSource(b);
    int crc = in.getInt();
    int stored = in.getInt();
    int raw = in.getInt();
    if (crc != ByteSink.crc(b, 4, b.length - 4)
        || stored != b.length - BlockLayout.GROUP_HEADER
        || raw < 0
        || raw > BlockLayout.MAX_GROUP_BYTES) {
      throw new CorruptionException("checksum of a group at " + offset + " does not match");
    }
    byte[] out = new byte[raw + ByteSink.SLACK];
    if (stored == raw) {
      System.arraycopy(b, BlockLayout.GROUP_HEADER, out, 0, raw);
      return out;
    }
    int n;
    try {
      n = decompress(b, stored, out, raw);
    } catch (ZstdException e) {
      throw new CorruptionException(
          "a group at " + offset + " cannot be decompressed: " + e.getMessage());
    }
    if (n != raw) {
      throw new CorruptionException("a group at " + offset + " is shorter than declared");
    }
    return out;
  }

  private static int decompress(byte[] b, int stored, byte[] out, int raw) {
    ZstdDecompressCtx zstd = IDLE.poll();
    if (zstd == null) {
      zstd = new ZstdDecompressCtx();
    }
    boolean done = false;
    try {
      int n = zstd.decompressByteArray(out, 0, raw, b, BlockLayout.GROUP_HEADER, stored);
      done = IDLE.offer(zstd);
      return n;
    } finally {
      if (!done) {
        zstd.close();
      }
    }
  }
}
