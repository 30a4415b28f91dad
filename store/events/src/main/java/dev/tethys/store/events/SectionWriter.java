package dev.tethys.store.events;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.tethys.store.files.ByteSink;
import java.util.Arrays;

/**
 * Writes a block: numbered byte sections, each compressed and checksummed individually, so that a
 * reader decompresses only the sections it needs and damage affects a single section.
 *
 * <pre>
 * block:   4 bytes length of the table, 4 bytes CRC-32C of the table, table, payloads
 * table:   uvarint sections, then for each: uvarint number, uvarint raw length, uvarint stored length,
 *          4 bytes CRC-32C of the stored bytes
 * payload: zstd frame when shorter than the raw bytes, else the raw bytes (equal lengths)
 * </pre>
 *
 * Integers are little-endian, uvarints as in {@link ByteSink}. Empty sections are left out. Not
 * safe for several threads.
 */
public final class SectionWriter implements AutoCloseable {
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final ByteSink table = new ByteSink(256);
  private final ByteSink payload = new ByteSink(1 << 16);
  private int sections;
  private byte[] scratch = new byte[1 << 16];

  /**
   * @param level zstd compression level
   */
  public SectionWriter(int level) {
    zstd.setLevel(level);
    zstd.setChecksum(false);
    zstd.setContentSize(false);
  }

  /** Starts a block. */
  public void begin() {
    table.clear();
    payload.clear();
    sections = 0;
  }

  /** Adds a section; the bytes are copied. */
  public void add(int number, ByteSink raw) {
    if (raw.size == 0) {
      return;
    }
    int bound = (int) Zstd.compressBound(raw.size);
    if (scratch.length < bound) {
      scratch = new byte[Math.max(bound, scratch.length * 2)];
    }
    int stored = zstd.compressByteArray(scratch, 0, scratch.length, raw.buf, 0, raw.size);
    table.uvarint(number);
    table.uvarint(raw.size);
    if (stored < raw.size) {
      put(scratch, stored);
    } else {
      put(raw.buf, raw.size);
    }
    sections++;
  }

  /** Adds a section that the signal has compressed; the bytes are copied. */
  public void addStored(int number, ByteSink raw) {
    if (raw.size == 0) {
      return;
    }
    table.uvarint(number);
    table.uvarint(raw.size);
    put(raw.buf, raw.size);
    sections++;
  }

  private void put(byte[] b, int length) {
    table.uvarint(length);
    table.putInt(ByteSink.crc(b, 0, length));
    payload.put(b, 0, length);
  }

  /** Appends the finished block to a buffer. */
  public void end(ByteSink out) {
    ByteSink head = new ByteSink(table.size + 8);
    head.uvarint(sections);
    head.put(table.buf, 0, table.size);
    out.putInt(head.size);
    out.putInt(ByteSink.crc(head.buf, 0, head.size));
    out.put(head.buf, 0, head.size);
    out.put(payload.buf, 0, payload.size);
  }

  /** Frees native memory. */
  @Override
  public void close() {
    zstd.close();
    scratch = Arrays.copyOf(scratch, 0);
  }
}
