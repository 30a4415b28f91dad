package dev.tethys.store.archive.prometheus;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.store.archive.CorruptFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Reads the records of a segment of Prometheus's write-ahead log.
 *
 * <pre>
 * pages of 32 KiB; in a page fragments, then zeros:
 *   1 byte: bits 0-2 kind (0 the page ends here, 1 a whole record, 2 first, 3 middle, 4 last part),
 *     bit 3 snappy, bit 4 zstd
 *   2 bytes length, 4 bytes CRC of the data, data
 * </pre>
 *
 * After damaged bytes it continues with the next page. Not thread-safe.
 */
final class WalReader {
  private static final int PAGE = 32 << 10;
  private static final int HEADER = 7;

  /** The longest record that is believed. */
  private static final int MAX_RECORD = 1 << 28;

  private byte[] record = new byte[PAGE];
  private int recordSize;
  private byte[] plain = new byte[PAGE];

  /** Takes a record. */
  @FunctionalInterface
  interface Visitor {
    /** The bytes are valid during the call; {@code at} is the end of the record in the file. */
    void record(byte[] buf, int length);
  }

  /**
   * Reads a segment.
   *
   * @param problems receives descriptions of unreadable data
   */
  void read(Path path, Visitor to, Consumer<String> problems) throws IOException {
    try (MappedFile f = new MappedFile(path)) {
      long at = 0;
      boolean within = false; // parts of a record have been read
      boolean lost = false; // looking for the next whole record
      recordSize = 0;
      while (at < f.size()) {
        long pageEnd = Math.min(f.size(), (at / PAGE + 1) * PAGE);
        f.pos = at;
        int head = f.u8();
        int kind = head & 7;
        if (kind == 0) {
          at = (at / PAGE + 1) * PAGE;
          continue;
        }
        try {
          if (kind > 4) {
            throw f.damaged(at, "an unknown kind of fragment (" + head + ")");
          }
          if (pageEnd - at < HEADER) {
            throw f.damaged(at, "the file ends within a fragment");
          }
          int length = f.u8() << 8 | f.u8();
          int crc = f.int32();
          long from = at + HEADER;
          if (length > pageEnd - from) {
            throw f.damaged(
                at,
                pageEnd == f.size()
                    ? "the file ends within a fragment"
                    : "a fragment extends past the end of its page");
          }
          if (crc != f.crc(from, length)) {
            throw f.damaged(at, "checksum of a fragment does not match");
          }
          boolean begins = kind == 1 || kind == 2;
          if (begins == within && !lost) {
            String what = within ? "a record without its end" : "a record without its beginning";
            within = false;
            recordSize = 0;
            if (!begins) {
              throw f.damaged(at, what);
            }
            problems.accept(f.damaged(at, what).getMessage());
          }
          at = from + length;
          if (!begins && lost) {
            continue;
          }
          lost = false;
          if (begins) {
            recordSize = 0;
          }
          append(f, from, length);
          within = kind == 2 || kind == 3;
          if (!within) {
            deliver(f, at, head, to, problems);
          }
        } catch (CorruptFileException e) {
          problems.accept(e.getMessage());
          within = false;
          lost = true;
          recordSize = 0;
          at = (at / PAGE + 1) * PAGE;
        }
      }
      if (within) {
        problems.accept(f.damaged(at, "the file ends within a record").getMessage());
      }
    }
  }

  private void append(MappedFile f, long from, int length) {
    if (recordSize + (long) length > MAX_RECORD) {
      throw f.damaged(from, "a record of more than " + MAX_RECORD + " bytes");
    }
    if (record.length < recordSize + length) {
      record = Arrays.copyOf(record, Math.max(record.length * 2, recordSize + length));
    }
    f.copy(from, record, recordSize, length);
    recordSize += length;
  }

  private void deliver(MappedFile f, long end, int head, Visitor to, Consumer<String> problems) {
    try {
      if ((head & 8) != 0) {
        int n = SnappyBlock.decodedLength(record, 0, recordSize, MAX_RECORD);
        room(n + SnappyBlock.SLACK);
        to.record(plain, SnappyBlock.decode(record, 0, recordSize, plain));
      } else if ((head & 16) != 0) {
        to.record(plain, zstd());
      } else {
        to.record(record, recordSize);
      }
    } catch (CodecException | ZstdException e) {
      problems.accept(f.damaged(end, "the record that ends here: " + e.getMessage()).getMessage());
    }
  }

  /** Decompresses a frame, which need not contain its length. */
  private int zstd() {
    while (true) {
      long got = Zstd.decompressByteArray(plain, 0, plain.length, record, 0, recordSize);
      if (!Zstd.isError(got)) {
        return (int) got;
      }
      if (Zstd.getErrorCode(got) != Zstd.errDstSizeTooSmall() || plain.length >= MAX_RECORD) {
        throw new CodecException("zstd: " + Zstd.getErrorName(got));
      }
      plain = new byte[plain.length * 2];
    }
  }

  private void room(int n) {
    if (plain.length < n) {
      plain = new byte[Math.max(n, plain.length * 2)];
    }
  }
}
