package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches as requests: the bytes as received, compressed, or rewritten as JSON. Headers
 * record the form of a request, so a request found on disk can be read under other settings.
 *
 * @param encodingHeader {@code content-encoding} or {@code grpc-encoding}
 * @param word value of that header; "" without compression
 * @param json whether requests are JSON
 */
public record OtlpRequestEncoder(
    OtlpSignal signal,
    String encodingHeader,
    String word,
    Compression compression,
    int level,
    boolean json,
    @Nullable ClientAuth auth)
    implements Encoder {
  static final String JSON = "application/json";
  static final String PROTOBUF = "application/x-protobuf";
  private static final String TYPE = "content-type";

  /** Maximum size of a request that is split again. */
  private static final int MAX_SPLIT = 1 << 29;

  /** Requests of gRPC. */
  public static OtlpRequestEncoder grpc(
      GrpcClientSettings c, Signal signal, @Nullable ClientAuth auth) {
    return new OtlpRequestEncoder(
        signal.otlp(),
        "grpc-encoding",
        c.encoding(),
        c.compression(),
        Compression.DEFAULT_LEVEL,
        false,
        auth);
  }

  @Override
  public Encoded encode(Batch batch) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (auth != null) {
      headers.putAll(auth.headers(batch.metadata()));
    }
    if (batch.encoding() == Encoding.OTLP) {
      return Encoded.of(
          encodedRequest(batch.signal(), batch.body(), batch.items(), batch.lane(), headers));
    }
    try {
      SeriesToOtlp.Converted c = batch.seriesAsOtlp();
      byte[] body = new OtlpWriter().write(c.metrics());
      return new Encoded(
          c.points() == 0
              ? List.of()
              : List.of(encodedRequest(batch.signal(), body, c.points(), batch.lane(), headers)),
          c.leftOut(),
          c.leftOut() == 0 ? "" : "no place in OTLP");
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private EncodedRequest encodedRequest(
      Signal of, byte[] body, int items, long lane, Map<String, String> otherHeaders) {
    Map<String, String> headers = new LinkedHashMap<>(otherHeaders);
    byte[] b = body;
    try {
      if (json) {
        b = OtlpJsonWriter.toJson(signal, b, 0, b.length);
      }
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
    if (compression != Compression.NONE) {
      b = compression.compress(b, 0, b.length, level);
      headers.put(encodingHeader, word);
    }
    headers.put(TYPE, json ? JSON : PROTOBUF);
    return new EncodedRequest(of, b, items, lane, headers);
  }

  /** Halves of a request that is too large; empty if it cannot be split. */
  List<EncodedRequest> halves(EncodedRequest p) {
    if (p.items() < 2) {
      return List.of();
    }
    try {
      byte[] b = body(p);
      Map<String, String> others = others(p);
      List<EncodedRequest> out = new ArrayList<>();
      for (OtlpScanner.Part part :
          OtlpScanner.split(signal, b, (p.items() + 1) / 2, Integer.MAX_VALUE)) {
        out.add(encodedRequest(p.signal(), part.body(), part.items(), p.lane(), others));
      }
      boolean whole = out.stream().mapToInt(EncodedRequest::items).sum() == p.items();
      return whole && out.size() > 1 ? out : List.of();
    } catch (CodecException | NotEncodableException e) {
      return List.of();
    }
  }

  private Map<String, String> others(EncodedRequest p) {
    Map<String, String> others = new LinkedHashMap<>(p.headers());
    others.remove(encodingHeader);
    others.remove(TYPE);
    return others;
  }

  /** Returns the protobuf message of a request, regardless of its encoding. */
  private byte[] body(EncodedRequest p) {
    String encoding = p.headers().getOrDefault(encodingHeader, "");
    Compression c = encoding.equals(word) ? compression : Compression.named(encoding);
    if (c == null) {
      throw new CodecException("unknown compression: " + encoding);
    }
    byte[] b = c.decompress(p.body(), 0, p.body().length, MAX_SPLIT);
    return JSON.equals(p.headers().get(TYPE))
        ? OtlpJson.toProtobuf(signal, b, 0, b.length).toByteArray()
        : b;
  }

  /**
   * Decodes the batch of a request.
   *
   * @throws CodecException if it is no longer readable
   */
  public Batch unpack(EncodedRequest p) {
    return new Batch(p.signal(), Encoding.OTLP, body(p), p.items(), p.lane());
  }

  /** Creates a request with part of another request's content and all of its metadata. */
  public EncodedRequest like(EncodedRequest p, Batch part) {
    return encodedRequest(p.signal(), part.body(), part.items(), p.lane(), others(p));
  }
}
