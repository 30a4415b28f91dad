package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.delivery.EncodedRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Wire format of a message. A request records it in its headers, since settings may change while it
 * is queued.
 *
 * @param http whether metrics are a snappy block and logs are plain; over gRPC metrics are the
 *     message itself and logs a field of one
 * @param compression compression used for gRPC messages
 * @param word value of {@code grpc-encoding}; "" without compression
 */
record GatewayFormat(boolean http, Compression compression, String word) {
  static final GatewayFormat HTTP = new GatewayFormat(true, Compression.NONE, "");
  static final String ENCODING = "grpc-encoding";
  private static final String TYPE = "content-type";
  private static final String CONTENT_ENCODING = "content-encoding";
  private static final int MAX_OPENED = 256 << 20;

  /** Returns the format of a request. */
  static GatewayFormat of(EncodedRequest p) {
    if (p.headers().containsKey(TYPE)) {
      return HTTP;
    }
    String word = p.headers().getOrDefault(ENCODING, "");
    return new GatewayFormat(false, GrpcClientSettings.compression(word), word);
  }

  /** Adds the format to the headers of a request. */
  void addHeaders(Signal of, Map<String, String> headers) {
    if (http) {
      headers.put(TYPE, "application/x-protobuf");
      if (of == Signal.METRICS) {
        headers.put(CONTENT_ENCODING, Compression.SNAPPY.word());
      }
    } else if (!word.isEmpty()) {
      headers.put(ENCODING, word);
    }
  }

  private Compression compression(Signal of) {
    return !http ? compression : of == Signal.METRICS ? Compression.SNAPPY : Compression.NONE;
  }

  /**
   * Returns the payload of a request in this format: a remote write request, or JSON lines.
   *
   * @throws CodecException if it is corrupt
   */
  byte[] opened(EncodedRequest p) {
    Compression c = compression(p.signal());
    byte[] message =
        c == Compression.NONE ? p.body() : c.decompress(p.body(), 0, p.body().length, MAX_OPENED);
    if (http || p.signal() != Signal.LOGS) {
      return message;
    }
    ProtoReader in = new ProtoReader(message);
    if (!in.next()) {
      throw new CodecException("a message of lines is empty");
    }
    return in.readBytes();
  }

  /** Encodes a payload for the wire. */
  byte[] closed(byte[] carried, Signal of) {
    byte[] message = carried;
    if (!http && of == Signal.LOGS) {
      ProtoWriter w = new ProtoWriter(carried.length + 16);
      w.bytes(1, carried, 0, carried.length);
      message = w.toByteArray();
    }
    Compression c = compression(of);
    return c == Compression.NONE
        ? message
        : c.compress(message, 0, message.length, Compression.DEFAULT_LEVEL);
  }

  /**
   * Converts a request to a format that this gateway's transport accepts, without recompression if
   * possible.
   *
   * @throws CodecException if it is corrupt
   */
  EncodedRequest taking(EncodedRequest p) {
    GatewayFormat had = of(p);
    if (had.http == http) {
      return p;
    }
    Map<String, String> headers = new LinkedHashMap<>(p.headers());
    headers.keySet().removeAll(Set.of(TYPE, CONTENT_ENCODING, ENCODING));
    addHeaders(p.signal(), headers);
    return new EncodedRequest(
        p.signal(), closed(had.opened(p), p.signal()), p.items(), p.lane(), headers);
  }
}
