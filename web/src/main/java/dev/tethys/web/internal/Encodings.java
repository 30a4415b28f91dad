package dev.tethys.web.internal;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Selects the content encoding of a response and encodes it. */
final class Encodings {
  /** Size below which bodies are not compressed. */
  static final int MIN_BYTES = 1024;

  private static final int ZSTD_LEVEL = 1;
  private static final Set<String> PACKED =
      Set.of(
          "application/gzip",
          "application/zip",
          "application/zstd",
          "application/grpc",
          "text/event-stream",
          "font/woff2");

  private Encodings() {}

  /**
   * {@code zstd}, {@code gzip} or null, depending on the client's Accept-Encoding; zstd if both are
   * accepted equally.
   */
  static @Nullable String choose(@Nullable String acceptEncoding) {
    if (acceptEncoding == null || acceptEncoding.isEmpty()) {
      return null;
    }
    double zstd = -1;
    double gzip = -1;
    double any = -1;
    for (String part : acceptEncoding.split(",", 64)) {
      int semi = part.indexOf(';');
      String name = (semi < 0 ? part : part.substring(0, semi)).strip().toLowerCase(Locale.ROOT);
      double q = semi < 0 ? 1 : quality(part.substring(semi + 1));
      switch (name) {
        case "zstd" -> zstd = q;
        case "gzip", "x-gzip" -> gzip = q;
        case "*" -> any = q;
        default -> {
          // not supported
        }
      }
    }
    if (gzip < 0) {
      gzip = any;
    }
    if (zstd <= 0 && gzip <= 0) {
      return null;
    }
    return zstd >= gzip ? "zstd" : "gzip";
  }

  private static double quality(String parameters) {
    String s = parameters.strip();
    if (!s.startsWith("q=") && !s.startsWith("Q=")) {
      return 1;
    }
    try {
      return Double.parseDouble(s.substring(2).strip());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Whether packing content of this type can be worth it. */
  static boolean isWorthIt(@Nullable String contentType) {
    if (contentType == null) {
      return true;
    }
    int semi = contentType.indexOf(';');
    String type =
        (semi < 0 ? contentType : contentType.substring(0, semi)).strip().toLowerCase(Locale.ROOT);
    return !PACKED.contains(type)
        && (!type.startsWith("image/") || type.equals("image/svg+xml"))
        && !type.startsWith("video/")
        && !type.startsWith("audio/");
  }

  /** Packs the first bytes of an array as one body. */
  static byte[] pack(String encoding, byte[] body, int length) throws IOException {
    if (encoding.equals("gzip")) {
      return PooledGzip.pack(body, length);
    }
    ByteArrayOutputStream packed = new ByteArrayOutputStream(length / 4 + 64);
    try (OutputStream o = encode(encoding, packed)) {
      o.write(body, 0, length);
    }
    return packed.toByteArray();
  }

  /** Compresses the output; flushing forwards all output so far. */
  static OutputStream encode(String encoding, OutputStream out) throws IOException {
    return encoding.equals("zstd")
        ? new ZstdOutputStreamNoFinalizer(out, ZSTD_LEVEL)
        : new PooledGzip(out);
  }
}
