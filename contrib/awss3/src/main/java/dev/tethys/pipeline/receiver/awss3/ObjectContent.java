package dev.tethys.pipeline.receiver.awss3;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Decodes objects: OTLP in JSON or protobuf by the suffix of their key, optionally compressed. */
final class ObjectContent {
  /** Maximum number of bytes of an object after decompression. */
  static final int MAX_DECODED = 256 << 20;

  private static final int GZIP = 0x1f8b;
  private static final int ZSTD = 0x28b52ffd;

  private ObjectContent() {}

  /** Whether the key has a supported suffix. */
  static boolean isSupported(String key) {
    String k = plain(key);
    return k.endsWith(".json") || k.endsWith(".binpb");
  }

  private static String plain(String key) {
    return key.replaceFirst("\\.(gz|zst)$", "");
  }

  /**
   * Decodes the batch of an object; returns null if it has no items.
   *
   * @throws CodecException if the content does not match the key
   */
  static @Nullable Batch decode(Signal signal, String key, byte[] content) {
    // Some services decompress objects with a content encoding, so the content decides, not the
    // name.
    Compression c = compression(content);
    byte[] b =
        c == Compression.NONE ? content : c.decompress(content, 0, content.length, MAX_DECODED);
    byte[] body =
        plain(key).endsWith(".json")
            ? OtlpJson.toProtobuf(signal.otlp(), b, 0, b.length).toByteArray()
            : b;
    int items = OtlpCheck.check(signal.otlp(), body, 0, body.length);
    return items == 0 ? null : new Batch(signal, Encoding.OTLP, body, items, 0);
  }

  /**
   * Detects the compression from the first bytes, which occur neither in JSON nor in an OTLP
   * request.
   */
  private static Compression compression(byte[] b) {
    if (b.length >= 2 && (ByteBuffer.wrap(b).getShort() & 0xffff) == GZIP) {
      return Compression.GZIP;
    }
    return b.length >= 4 && ByteBuffer.wrap(b).getInt() == ZSTD
        ? Compression.ZSTD
        : Compression.NONE;
  }
}
