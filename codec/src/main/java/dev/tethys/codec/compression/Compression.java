package dev.tethys.codec.compression;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.guard.ByteBudget;
import io.airlift.compress.v3.snappy.SnappyFramedInputStream;
import io.airlift.compress.v3.snappy.SnappyFramedOutputStream;
import io.airlift.compress.v3.snappy.SnappyJavaCompressor;
import io.airlift.compress.v3.snappy.SnappyJavaDecompressor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** A compression by the name that Content-Encoding and grpc-encoding have for it. */
public enum Compression {
  NONE(""),
  GZIP("gzip"),
  /** With zlib's header, as Go and the Collector interpret the word. */
  ZLIB("zlib"),
  /** The same under the name used in HTTP. */
  DEFLATE("deflate"),
  /** One block, as remote write and HTTP have it. */
  SNAPPY("snappy"),
  SNAPPY_FRAMED("x-snappy-framed"),
  ZSTD("zstd"),
  /** In LZ4's frame format. */
  LZ4("lz4");

  /** Default level of each compression. */
  public static final int DEFAULT_LEVEL = -1;

  /** Measured by others as the knee of size over time. */
  private static final int GZIP_LEVEL = 4;

  private static final int ZSTD_LEVEL = 1;

  private static final int GZIP_TRAILER = 8;
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Windows beyond 32 MiB are refused: a decoder would take that much for a request of bytes. */
  private static final int ZSTD_WINDOW_LOG = 25;

  private final String word;

  Compression(String word) {
    this.word = word;
  }

  /** Name in headers; "" for none. */
  public String word() {
    return word;
  }

  /**
   * Compression for a header's word, {@code identity} and "" included; null if the word is unknown.
   */
  public static @Nullable Compression named(@Nullable String word) {
    if (word == null || word.isEmpty() || word.equals("identity")) {
      return NONE;
    }
    for (Compression c : values()) {
      if (c.word.equals(word)) {
        return c;
      }
    }
    return null;
  }

  /**
   * Compresses.
   *
   * @param level compression level as defined by the algorithm, or {@link #DEFAULT_LEVEL}
   */
  public byte[] compress(byte[] b, int offset, int length, int level) {
    try {
      return switch (this) {
        case NONE -> Arrays.copyOfRange(b, offset, offset + length);
        case GZIP -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream(length / 3 + 64);
          try (GZIPOutputStream gzip = new Gzip(out, level)) {
            gzip.write(b, offset, length);
          }
          yield out.toByteArray();
        }
        case ZLIB, DEFLATE -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream(length / 3 + 64);
          Deflater deflater = new Deflater(level == DEFAULT_LEVEL ? GZIP_LEVEL : level);
          try (OutputStream zlib = new DeflaterOutputStream(out, deflater, 8192)) {
            zlib.write(b, offset, length);
          } finally {
            deflater.end();
          }
          yield out.toByteArray();
        }
        case SNAPPY -> SnappyBlock.encode(b, offset, length);
        case SNAPPY_FRAMED -> {
          ByteArrayOutputStream out = new ByteArrayOutputStream(length / 2 + 64);
          try (OutputStream framed =
              new SnappyFramedOutputStream(new SnappyJavaCompressor(), out)) {
            framed.write(b, offset, length);
          }
          yield out.toByteArray();
        }
        case ZSTD -> zstd(b, offset, length, level == DEFAULT_LEVEL ? ZSTD_LEVEL : level);
        case LZ4 -> Lz4Frame.compress(b, offset, length);
      };
    } catch (IOException e) {
      throw new AssertionError("writes to memory cannot fail", e);
    }
  }

  private static byte[] zstd(byte[] b, int offset, int length, int level) {
    byte[] out = new byte[Math.toIntExact(Zstd.compressBound(length))];
    long n = Zstd.compressByteArray(out, 0, out.length, b, offset, length, level);
    if (Zstd.isError(n)) {
      throw new IllegalStateException("zstd: " + Zstd.getErrorName(n));
    }
    return Arrays.copyOf(out, (int) n);
  }

  /**
   * Decompresses.
   *
   * @param max maximum size of the result
   * @throws TooLargeException if it would be larger
   * @throws CodecException if the input is damaged
   */
  public byte[] decompress(byte[] b, int offset, int length, int max) {
    return decompress(b, offset, length, max, _ -> {});
  }

  /**
   * Variant with an account of the memory.
   *
   * @param reserve called with the size of the result before allocation; may throw
   */
  public byte[] decompress(byte[] b, int offset, int length, int max, LongConsumer reserve) {
    switch (this) {
      case NONE -> {
        if (length > max) {
          throw new TooLargeException(max);
        }
        reserve.accept(length);
        return Arrays.copyOfRange(b, offset, offset + length);
      }
      case SNAPPY -> {
        return snappy(b, offset, length, max, reserve);
      }
      case LZ4 -> {
        return Lz4Frame.decompress(b, offset, length, max, reserve);
      }
      default -> {
        // The others are streams.
      }
    }
    try (InputStream in =
        this == GZIP
            ? new GzipArrayStream(b, offset, length)
            : open(new ByteArrayInputStream(b, offset, length))) {
      int first = firstBuffer(b, offset, length, max);
      reserve.accept(first);
      byte[] out = new byte[first];
      int n = 0;
      while (true) {
        if (n == out.length) {
          int next = in.read();
          if (next < 0 && n <= max) {
            return out;
          }
          if (n >= max) {
            throw new TooLargeException(max);
          }
          int more = (int) Math.min(max, Math.max(512L, 2L * n));
          reserve.accept(more - n);
          out = Arrays.copyOf(out, more);
          out[n++] = (byte) next;
        }
        int got = in.read(out, n, out.length - n);
        if (got < 0) {
          if (n > max) {
            throw new TooLargeException(max);
          }
          return n == out.length ? out : Arrays.copyOf(out, n);
        }
        n += got;
      }
    } catch (CodecException | ByteBudget.OverBudgetException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new CodecException(word + ": " + e.getMessage(), e);
    }
  }

  /**
   * Size of the first buffer: the size in gzip's trailer, unless it exceeds that of a usual
   * message. The trailer is sent by a client and not trusted.
   */
  private int firstBuffer(byte[] b, int offset, int length, int max) {
    long usual = Math.clamp(4L * length + 512, 512, Math.max(512L, max));
    if (this == GZIP && length > GZIP_TRAILER) {
      long given = (int) INT.get(b, offset + length - Integer.BYTES) & 0xffff_ffffL;
      return (int) (given > 0 && given < usual ? given : usual);
    }
    return (int) usual;
  }

  /**
   * Data with zlib's header, as RFC 9110 defines the word, or without it, as Go's clients and Loki
   * take the word. The two bytes of the header are a multiple of 31.
   */
  private static InputStream deflated(InputStream in) throws IOException {
    PushbackInputStream ahead = new PushbackInputStream(in, 2);
    byte[] head = ahead.readNBytes(2);
    ahead.unread(head);
    boolean zlib =
        head.length == 2
            && (head[0] & 0x0f) == 8
            && ((head[0] & 0xff) << 8 | head[1] & 0xff) % 31 == 0;
    return zlib ? new InflaterInputStream(ahead) : new RawInflaterStream(ahead);
  }

  /**
   * Stream that releases its inflater on close; the JDK does so only for inflaters that it creates
   * itself.
   */
  private static final class RawInflaterStream extends InflaterInputStream {
    RawInflaterStream(InputStream in) {
      super(in, new Inflater(true));
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        inf.end();
      }
    }
  }

  private InputStream open(InputStream in) throws IOException {
    return switch (this) {
      case GZIP -> new GZIPInputStream(in, 8192);
      case ZLIB -> new InflaterInputStream(in);
      case DEFLATE -> deflated(in);
      case SNAPPY_FRAMED -> new SnappyFramedInputStream(new SnappyJavaDecompressor(), in);
      case ZSTD -> {
        ZstdInputStreamNoFinalizer zstd = new ZstdInputStreamNoFinalizer(in);
        zstd.setLongMax(ZSTD_WINDOW_LOG);
        yield zstd;
      }
      default -> throw new AssertionError(this);
    };
  }

  private static byte[] snappy(byte[] b, int offset, int length, int max, LongConsumer reserve) {
    int n;
    try {
      n = SnappyBlock.decodedLength(b, offset, length, Integer.MAX_VALUE - SnappyBlock.SLACK);
    } catch (CodecException e) {
      throw new CodecException("snappy: " + e.getMessage(), e);
    }
    if (n > max) {
      throw new TooLargeException(max);
    }
    reserve.accept(n);
    byte[] out = new byte[n + SnappyBlock.SLACK];
    return Arrays.copyOf(out, SnappyBlock.decode(b, offset, length, out));
  }

  private static final class Gzip extends GZIPOutputStream {
    Gzip(OutputStream out, int level) throws IOException {
      super(out, 8192);
      def.setLevel(level == DEFAULT_LEVEL ? GZIP_LEVEL : level);
    }

    @Override
    public void close() throws IOException {
      try {
        super.close();
      } finally {
        def.end();
      }
    }
  }
}
