package dev.tethys.collect.logs.file;

import org.jspecify.annotations.Nullable;

/** Compression format of a file. */
public enum Decompression {
  GZIP("gz"),
  ZLIB("z"),
  BZIP2("bz2"),
  /** Not in Promtail. */
  ZSTD("zst");

  private final String word;

  Decompression(String word) {
    this.word = word;
  }

  /** Name in the configuration. */
  public String word() {
    return word;
  }

  /** By its first bytes; null if they are of none. */
  static @Nullable Decompression of(byte[] head, int length) {
    if (length < 2) {
      return null;
    }
    int a = head[0] & 0xff;
    int b = head[1] & 0xff;
    if (a == 0x1f && b == 0x8b) {
      return GZIP;
    }
    if (a == 0x78 && (a << 8 | b) % 31 == 0 && (b == 0x01 || b == 0x5e || b == 0x9c || b == 0xda)) {
      return ZLIB;
    }
    if (length < 4) {
      return null;
    }
    if (a == 'B' && b == 'Z' && head[2] == 'h') {
      return BZIP2;
    }
    return a == 0x28 && b == 0xb5 && (head[2] & 0xff) == 0x2f && (head[3] & 0xff) == 0xfd
        ? ZSTD
        : null;
  }
}
