package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonFailures;
import dev.tethys.codec.json.ProtoJson;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.GoJson;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * {@code Export…ServiceResponse} of any signal: the rejected part of an accepted request.
 *
 * @param rejected number of rejected items; 0 with a message is a warning
 * @param message reason, "" for none
 */
public record OtlpResponse(long rejected, String message) {
  /** Everything was accepted. */
  public static final OtlpResponse OK = new OtlpResponse(0, "");

  private static final JsonFactory JSON = JsonFactory.builder().build();

  public boolean isOk() {
    return rejected == 0 && message.isEmpty();
  }

  /** Protobuf form; empty if everything was accepted. */
  public byte[] toProtobuf() {
    if (isOk()) {
      return new byte[0];
    }
    ProtoWriter w = new ProtoWriter();
    int m = w.begin(1);
    w.int64Unless0(1, rejected).stringUnlessEmpty(2, message);
    return w.end(m).toByteArray();
  }

  /** JSON form. */
  public byte[] toJson(OtlpSignal signal) {
    if (isOk()) {
      return "{\"partialSuccess\":{}}".getBytes(StandardCharsets.UTF_8);
    }
    StringBuilder sb = new StringBuilder("{\"partialSuccess\":{\"");
    sb.append(signal.rejectedName()).append("\":\"").append(rejected).append("\"");
    if (!message.isEmpty()) {
      GoJson.append(sb.append(",\"errorMessage\":"), message);
    }
    return sb.append("}}").toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads protobuf.
   *
   * @throws CodecException if it is malformed
   */
  public static OtlpResponse fromProtobuf(byte[] b) {
    ProtoReader r = new ProtoReader(b);
    long rejected = 0;
    String message = "";
    while (r.next()) {
      if (r.tag() != (1 << 3 | ProtoReader.LENGTH)) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      while (r.next()) {
        switch (r.tag()) {
          case 1 << 3 -> rejected = r.readLong();
          case 2 << 3 | ProtoReader.LENGTH ->
              message = new String(r.readBytes(), StandardCharsets.UTF_8);
          default -> r.skip();
        }
      }
      r.leave(outer);
    }
    return new OtlpResponse(rejected, message);
  }

  /**
   * Reads JSON.
   *
   * @throws CodecException if it is malformed
   */
  public static OtlpResponse fromJson(OtlpSignal signal, byte[] b) {
    long rejected = 0;
    String message = "";
    try (JsonParser p = JSON.createParser(ObjectReadContext.empty(), b)) {
      if (p.nextToken() != JsonToken.START_OBJECT) {
        throw new CodecException("OTLP response: not a JSON object");
      }
      while (p.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean partial = p.currentName().equals("partialSuccess");
        if (p.nextToken() != JsonToken.START_OBJECT || !partial) {
          p.skipChildren();
          continue;
        }
        while (p.nextToken() == JsonToken.PROPERTY_NAME) {
          String name = p.currentName();
          p.nextToken();
          if (name.equals(signal.rejectedName())) {
            rejected = ProtoJson.integer(p, ProtoJson.IntegerType.INT64);
          } else if (name.equals("errorMessage")) {
            message = String.valueOf(p.getString());
          } else {
            p.skipChildren();
          }
        }
      }
    } catch (JacksonException e) {
      throw new CodecException("OTLP response: " + JsonFailures.describe(e), e);
    }
    return new OtlpResponse(rejected, message);
  }
}
