package dev.tethys.app.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * OTLP's JSON read into OpenTelemetry's own classes by their descriptors: protobuf's mapping, but
 * for ids, which are hexadecimal digits, and enums, which are numbers.
 */
final class OtlpJsonText {
  private OtlpJsonText() {}

  /** Fills a message; what no field is called is an error. */
  static <B extends Message.Builder> B read(JsonNode json, B into) {
    for (Map.Entry<String, JsonNode> e : json.properties()) {
      FieldDescriptor f =
          into.getDescriptorForType().getFields().stream()
              .filter(x -> x.getJsonName().equals(e.getKey()))
              .findFirst()
              .orElseThrow(() -> new AssertionError("a field that OTLP has not: " + e.getKey()));
      if (f.isRepeated()) {
        for (JsonNode n : e.getValue()) {
          into.addRepeatedField(f, value(f, n, into));
        }
      } else {
        into.setField(f, value(f, e.getValue(), into));
      }
    }
    return into;
  }

  private static Object value(FieldDescriptor f, JsonNode n, Message.Builder in) {
    return switch (f.getJavaType()) {
      case MESSAGE -> read(n, in.newBuilderForField(f)).build();
      case STRING -> n.asString();
      case BOOLEAN -> n.asBoolean();
      case INT -> (int) Long.parseLong(n.asString());
      case LONG ->
          n.asString().startsWith("-")
              ? Long.parseLong(n.asString())
              : Long.parseUnsignedLong(n.asString());
      case DOUBLE -> Double.parseDouble(n.asString());
      case FLOAT -> Float.parseFloat(n.asString());
      case ENUM -> f.getEnumType().findValueByNumberCreatingIfUnknown(n.asInt());
      case BYTE_STRING ->
          ByteString.copyFrom(
              f.getJsonName().endsWith("Id")
                  ? HexFormat.of().parseHex(n.asString())
                  : Base64.getDecoder().decode(n.asString()));
    };
  }
}
