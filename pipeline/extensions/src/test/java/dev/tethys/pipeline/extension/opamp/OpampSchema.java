package dev.tethys.pipeline.extension.opamp;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;

/** OpAMP's messages by protobuf's own library: field, number and type, as the protocol has them. */
final class OpampSchema {
  private static final FileDescriptor FILE = file();

  private OpampSchema() {}

  private static FileDescriptor file() {
    FileDescriptorProto.Builder f =
        FileDescriptorProto.newBuilder().setName("opamp.proto").setSyntax("proto3");
    add(
        f,
        "AgentToServer",
        "instance_uid 1 bytes, sequence_num 2 uint64, agent_description 3 AgentDescription,"
            + " capabilities 4 uint64, health 5 ComponentHealth, effective_config 6"
            + " EffectiveConfig, agent_disconnect 9 Nothing, flags 10 uint64,"
            + " available_components 14 AvailableComponents");
    add(f, "Nothing", "");
    add(f, "AvailableComponents", "components 1 *ComponentEntry, hash 2 bytes");
    add(f, "ComponentEntry", "key 1 string, value 2 ComponentDetails");
    add(f, "ComponentDetails", "metadata 1 *KeyValue, sub_component_map 2 *ComponentEntry");
    add(f, "KeyValue", "key 1 string, value 2 AnyValue");
    add(f, "AnyValue", "string_value 1 string");
    add(
        f,
        "AgentDescription",
        "identifying_attributes 1 *KeyValue, non_identifying_attributes 2 *KeyValue");
    add(
        f,
        "ComponentHealth",
        "healthy 1 bool, start_time_unix_nano 2 fixed64, last_error 3 string, status 4 string,"
            + " status_time_unix_nano 5 fixed64, component_health_map 6 *HealthEntry");
    add(f, "HealthEntry", "key 1 string, value 2 ComponentHealth");
    add(f, "EffectiveConfig", "config_map 1 AgentConfigMap");
    add(f, "AgentConfigMap", "config_map 1 *ConfigEntry");
    add(f, "ConfigEntry", "key 1 string, value 2 AgentConfigFile");
    add(f, "AgentConfigFile", "body 1 bytes, content_type 2 string");
    add(
        f,
        "ServerToAgent",
        "instance_uid 1 bytes, error_response 2 ServerErrorResponse, remote_config 3 Nothing,"
            + " connection_settings 4 ConnectionSettingsOffers, flags 6 uint64,"
            + " capabilities 7 uint64, agent_identification 8 AgentIdentification,"
            + " command 9 Nothing");
    add(f, "ServerErrorResponse", "type 1 uint64, error_message 2 string, retry_info 3 RetryInfo");
    add(f, "RetryInfo", "retry_after_nanoseconds 1 uint64");
    add(f, "AgentIdentification", "new_instance_uid 1 bytes");
    add(f, "ConnectionSettingsOffers", "hash 1 bytes, opamp 2 OpAMPConnectionSettings");
    add(
        f,
        "OpAMPConnectionSettings",
        "destination_endpoint 1 string, heartbeat_interval_seconds 4 uint64");
    try {
      return FileDescriptor.buildFrom(f.build(), new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static void add(FileDescriptorProto.Builder f, String name, String fields) {
    DescriptorProto.Builder m = DescriptorProto.newBuilder().setName(name);
    for (String field : fields.isEmpty() ? new String[0] : fields.split(", +")) {
      String[] w = field.split(" +");
      boolean repeated = w[2].startsWith("*");
      String type = repeated ? w[2].substring(1) : w[2];
      FieldDescriptorProto.Builder b =
          FieldDescriptorProto.newBuilder()
              .setName(w[0])
              .setNumber(Integer.parseInt(w[1]))
              .setLabel(repeated ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL);
      switch (type) {
        case "bytes" -> b.setType(Type.TYPE_BYTES);
        case "string" -> b.setType(Type.TYPE_STRING);
        case "uint64" -> b.setType(Type.TYPE_UINT64);
        case "fixed64" -> b.setType(Type.TYPE_FIXED64);
        case "bool" -> b.setType(Type.TYPE_BOOL);
        default -> b.setType(Type.TYPE_MESSAGE).setTypeName("." + type);
      }
      m.addField(b);
    }
    f.addMessageType(m);
  }

  /** Parses a message of an agent; fails on unknown fields. */
  static DynamicMessage agent(byte[] bytes) {
    try {
      DynamicMessage m =
          DynamicMessage.parseFrom(FILE.findMessageTypeByName("AgentToServer"), bytes);
      if (!m.getUnknownFields().asMap().isEmpty()) {
        throw new AssertionError("unknown fields: " + m);
      }
      return m;
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** Encodes a message of a server from protobuf's text format. */
  static byte[] server(String text) {
    DynamicMessage.Builder b =
        DynamicMessage.newBuilder(FILE.findMessageTypeByName("ServerToAgent"));
    try {
      TextFormat.merge(text, b);
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(e);
    }
    return b.build().toByteArray();
  }
}
