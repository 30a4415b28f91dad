package dev.tethys.codec.compression;

import com.github.luben.zstd.Zstd;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Compressed storage of rarely read byte strings that resemble each other: the resources of two
 * hosts differ only in names. Each string is compressed by zstd (RFC 8878), with one of the others
 * as a raw dictionary if that makes it much smaller.
 *
 * <p>Thread-safe.
 */
public final class SimilarBytes {
  private static final int LEVEL = 3;

  /** Minimum length at which a dictionary is searched. */
  private static final int MIN_DICTIONARY = 512;

  /** Magic number of formatted dictionaries (RFC 8878, section 5), little-endian. */
  private static final byte[] MADE = {0x37, (byte) 0xa4, 0x30, (byte) 0xec};

  /** Number of other entries tried, the nearest in length first. */
  private static final int TRIES = 3;

  private final byte[] packed;
  private final int length;
  private final byte @Nullable [] dictionary;

  private SimilarBytes(byte[] packed, int length, byte @Nullable [] dictionary) {
    this.packed = packed;
    this.length = length;
    this.dictionary = dictionary;
  }

  /** Uncompressed length in bytes. */
  public int length() {
    return length;
  }

  /** Compressed size in bytes, without shared dictionaries. */
  public int held() {
    return packed.length;
  }

  /** Returns the uncompressed bytes. */
  public byte[] open() {
    byte[] out = new byte[length];
    open(out);
    return out;
  }

  /** Uncompresses into the start of an array. */
  public void open(byte[] out) {
    long n =
        dictionary == null
            ? Zstd.decompressByteArray(out, 0, length, packed, 0, packed.length)
            : Zstd.decompressUsingDict(out, 0, packed, 0, packed.length, dictionary);
    if (n != length) {
      throw new IllegalStateException("data compressed here cannot be decompressed");
    }
  }

  private static SimilarBytes with(byte @Nullable [] dictionary, byte[] bytes, int length) {
    byte[] out = new byte[Math.toIntExact(Zstd.compressBound(length))];
    long n =
        dictionary == null
            ? Zstd.compressByteArray(out, 0, out.length, bytes, 0, length, LEVEL)
            : Zstd.compressUsingDict(out, 0, bytes, 0, length, dictionary, LEVEL);
    if (Zstd.isError(n)) {
      throw new IllegalStateException("zstd: " + Zstd.getErrorName(n));
    }
    return new SimilarBytes(Arrays.copyOf(out, (int) n), length, dictionary);
  }

  /**
   * Group of byte strings likely to be similar. Some are kept uncompressed for comparison, with a
   * bounded total size; strings in use as dictionaries are kept.
   */
  public static final class ReferenceGroup {
    private static final class Member {
      final byte[] bytes;
      volatile boolean served;

      Member(byte[] bytes) {
        this.bytes = bytes;
      }
    }

    private final long mostBytes;

    @GuardedBy("itself")
    private final List<Member> members = new ArrayList<>();

    @GuardedBy("members")
    private long memberBytes;

    /**
     * Creates an empty group.
     *
     * @param mostBytes maximum size of the entries kept for comparison
     */
    public ReferenceGroup(long mostBytes) {
      this.mostBytes = mostBytes;
    }

    /**
     * Packs bytes.
     *
     * @param before bytes to be replaced: the base they were similar to is tried first; if they had
     *     none, no comparison is repeated
     */
    public SimilarBytes pack(byte[] bytes, int length, @Nullable SimilarBytes before) {
      if (before != null && before.length >= MIN_DICTIONARY) {
        SimilarBytes same = with(before.dictionary, bytes, length);
        if (before.dictionary == null || same.held() < length / 16) {
          return same;
        }
      }
      SimilarBytes alone = with(null, bytes, length);
      if (length < MIN_DICTIONARY) {
        return alone;
      }
      for (Member m : nearest(length)) {
        SimilarBytes p = with(m.bytes, bytes, length);
        if (p.held() < alone.held() / 2) {
          m.served = true;
          return p;
        }
      }
      join(bytes, length);
      return alone;
    }

    private List<Member> nearest(int length) {
      synchronized (members) {
        return members.stream()
            .filter(m -> Math.abs(m.bytes.length - length) <= length / 8)
            .sorted(Comparator.comparingInt(m -> Math.abs(m.bytes.length - length)))
            .limit(TRIES)
            .toList();
      }
    }

    private void join(byte[] bytes, int length) {
      if (length > mostBytes / 4 || Arrays.equals(bytes, 0, MADE.length, MADE, 0, MADE.length)) {
        return;
      }
      synchronized (members) {
        for (int i = 0; i < members.size() && memberBytes + length > mostBytes; ) {
          Member m = members.get(i);
          if (m.served) {
            i++;
          } else {
            memberBytes -= m.bytes.length;
            members.remove(i);
          }
        }
        if (memberBytes + length <= mostBytes) {
          members.add(new Member(Arrays.copyOf(bytes, length)));
          memberBytes += length;
        }
      }
    }
  }
}
