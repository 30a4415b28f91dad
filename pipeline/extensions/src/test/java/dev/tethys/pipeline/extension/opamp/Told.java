package dev.tethys.pipeline.extension.opamp;

import com.google.protobuf.ByteString;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A message that an agent sent.
 *
 * @param headers of the request that brought it, or that opened the WebSocket; in lower case
 */
record Told(DynamicMessage message, Map<String, String> headers) {
  private static Object field(Message m, String name) {
    return m.getField(m.getDescriptorForType().findFieldByName(name));
  }

  boolean has(String name) {
    return message.hasField(message.getDescriptorForType().findFieldByName(name));
  }

  Message part(String name) {
    return (Message) field(message, name);
  }

  long number(String name) {
    return (Long) field(message, name);
  }

  UUID uid() {
    byte[] b = ((ByteString) field(message, "instance_uid")).toByteArray();
    return InstanceUid.of(HexFormat.of().parseHex(HexFormat.of().formatHex(b)));
  }

  /** Attributes of the description. */
  Map<String, String> attributes(String which) {
    Map<String, String> out = new TreeMap<>();
    for (Object o : (List<?>) field(part("agent_description"), which)) {
      out.put(
          (String) field((Message) o, "key"),
          (String) field((Message) field((Message) o, "value"), "string_value"));
    }
    return out;
  }

  String config() {
    List<?> files =
        (List<?>) field((Message) field(part("effective_config"), "config_map"), "config_map");
    Message file = (Message) field((Message) files.getFirst(), "value");
    if (files.size() != 1
        || !field((Message) files.getFirst(), "key").equals("")
        || !field(file, "content_type").equals("text/yaml")) {
      throw new AssertionError("not one file without a name: " + files);
    }
    return ((ByteString) field(file, "body")).toStringUtf8();
  }

  /** Health of all parts, by path: {@code /pipeline:logs/exporter:otlp}. */
  Map<String, String> health() {
    Map<String, String> out = new TreeMap<>();
    health("", part("health"), out);
    return out;
  }

  private static void health(String path, Message m, Map<String, String> out) {
    out.put(
        path.isEmpty() ? "/" : path,
        field(m, "healthy") + " " + field(m, "status") + " " + field(m, "last_error"));
    for (Object o : (List<?>) field(m, "component_health_map")) {
      health(path + "/" + field((Message) o, "key"), (Message) field((Message) o, "value"), out);
    }
  }
}
