package dev.tethys.web.internal;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.Header;
import io.helidon.http.http2.Http2Flag;
import io.helidon.http.http2.Http2FrameData;
import io.helidon.http.http2.Http2FrameHeader;
import io.helidon.http.http2.Http2FrameTypes;
import io.helidon.http.http2.Http2Headers;
import io.helidon.http.http2.Http2HuffmanDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Blocks of headers of HTTP/2 (RFC 7541), as a client reads them. For one connection. */
public final class Hpack {
  private static final int TABLE = 4096;

  private final Http2Headers.DynamicTable table = Http2Headers.DynamicTable.create(TABLE);
  private final Http2HuffmanDecoder huffman = Http2HuffmanDecoder.create();
  private final HeaderListSizes sizes = new HeaderListSizes();
  private final int maxList;

  /**
   * @param maxList largest decoded size of a header list, in bytes (RFC 9113 section 6.5.2)
   */
  public Hpack(int maxList) {
    this.maxList = maxList;
  }

  /**
   * Returns the headers of a block, names in lower case, including {@code :status}.
   *
   * @throws IOException if the block is malformed, or its header list too large; no further block
   *     can be read then
   */
  @SuppressWarnings("NullAway") // the engine needs the stream only for priorities
  public Map<String, List<String>> read(byte[] block, int stream) throws IOException {
    long size = sizes.of(block, 0, block.length);
    if (size > maxList) {
      throw new IOException(
          "header list of " + size + " bytes from the server; at most " + maxList + " are allowed");
    }
    Http2FrameHeader head =
        Http2FrameHeader.create(
            block.length,
            Http2FrameTypes.HEADERS,
            Http2Flag.HeaderFlags.create(Http2Flag.END_OF_HEADERS),
            stream);
    Http2Headers h =
        Http2Headers.create(
            null, table, huffman, new Http2FrameData(head, BufferData.create(block)));
    Map<String, List<String>> out = new TreeMap<>();
    if (h.status() != null) {
      out.put(":status", new ArrayList<>(List.of(Integer.toString(h.status().code()))));
    }
    for (Header e : h.httpHeaders()) {
      out.computeIfAbsent(e.name().toLowerCase(Locale.ROOT), k -> new ArrayList<>())
          .addAll(e.allValues());
    }
    return out;
  }

  /** Writes a string without Huffman coding: its length with a prefix of 7 bits, then its bytes. */
  public static void text(ByteArrayOutputStream to, String s) {
    byte[] b = s.getBytes(StandardCharsets.UTF_8);
    int n = b.length;
    if (n < 127) {
      to.write(n);
    } else {
      to.write(127);
      n -= 127;
      while (n >= 128) {
        to.write(n & 127 | 128);
        n >>>= 7;
      }
      to.write(n);
    }
    to.writeBytes(b);
  }
}
