package dev.tethys.store.events;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayDeque;

/**
 * Decompresses zstd with contexts that are used again. They use native memory that is slow to
 * initialize, while query threads are many and short-lived. Thread-safe.
 */
public final class Decompression {
  private static final int MAX_FREE = 16;
  private static final ArrayDeque<ZstdDecompressCtx> FREE = new ArrayDeque<>();

  private Decompression() {}

  /**
   * Decompresses a frame to the start of an array.
   *
   * @param raw bytes of the decompressed content
   * @throws CorruptionException if the frame is damaged or has another length
   */
  public static void decompress(byte[] stored, int from, int length, byte[] out, int raw) {
    ZstdDecompressCtx c = take();
    try {
      int n = c.decompressByteArray(out, 0, raw, stored, from, length);
      if (n != raw) {
        throw new CorruptionException("it has " + n + " bytes, not " + raw);
      }
    } catch (ZstdException e) {
      throw new CorruptionException("it does not decompress: " + e.getMessage());
    } finally {
      release(c);
    }
  }

  private static ZstdDecompressCtx take() {
    synchronized (FREE) {
      ZstdDecompressCtx c = FREE.pollLast();
      return c == null ? new ZstdDecompressCtx() : c;
    }
  }

  private static void release(ZstdDecompressCtx c) {
    synchronized (FREE) {
      if (FREE.size() < MAX_FREE) {
        FREE.addLast(c);
        return;
      }
    }
    c.close();
  }
}
