package dev.tethys.pipeline.exporter.datadog;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;

/**
 * Reads requests with protobuf's own library, by the numbers of {@code agent_payload.proto} of
 * agent-payload: each line is "message field number type", with "*" for repeated.
 */
final class AgentPayload {
  private static final String FIELDS =
      """
      MetricPayload series 1 MetricSeries*
      MetricSeries resources 1 Resource*
      MetricSeries metric 2 string
      MetricSeries tags 3 string*
      MetricSeries points 4 MetricPoint*
      MetricSeries type 5 int64
      MetricSeries unit 6 string
      MetricSeries interval 8 int64
      Resource type 1 string
      Resource name 2 string
      MetricPoint value 1 double
      MetricPoint timestamp 2 int64
      SketchPayload sketches 1 Sketch*
      Sketch metric 1 string
      Sketch host 2 string
      Sketch tags 4 string*
      Sketch dogsketches 7 Dogsketch*
      Dogsketch ts 1 int64
      Dogsketch cnt 2 int64
      Dogsketch min 3 double
      Dogsketch max 4 double
      Dogsketch avg 5 double
      Dogsketch sum 6 double
      Dogsketch k 7 sint32*
      Dogsketch n 8 uint32*
      AgentPayload tracerPayloads 5 TracerPayload*
      AgentPayload agentVersion 7 string
      TracerPayload containerID 1 string
      TracerPayload languageName 2 string
      TracerPayload tracerVersion 4 string
      TracerPayload chunks 6 TraceChunk*
      TracerPayload env 8 string
      TracerPayload hostname 9 string
      TracerPayload appVersion 10 string
      TraceChunk priority 1 int32
      TraceChunk spans 3 Span*
      Span service 1 string
      Span name 2 string
      Span resource 3 string
      Span traceID 4 uint64
      Span spanID 5 uint64
      Span parentID 6 uint64
      Span start 7 int64
      Span duration 8 int64
      Span error 9 int32
      Span meta 10 MetaEntry*
      Span metrics 11 MetricsEntry*
      Span type 12 string
      MetaEntry key 1 string
      MetaEntry value 2 string
      MetricsEntry key 1 string
      MetricsEntry value 2 double
      """;

  private AgentPayload() {}

  private static Descriptors.FileDescriptor file() {
    FileDescriptorProto.Builder f = FileDescriptorProto.newBuilder().setSyntax("proto3");
    f.setName("agent_payload.proto");
    DescriptorProto.Builder m = null;
    for (String line : FIELDS.lines().toList()) {
      String[] w = line.split(" ");
      if (m == null || !m.getName().equals(w[0])) {
        m = f.addMessageTypeBuilder().setName(w[0]);
      }
      String type = w[3].replace("*", "");
      FieldDescriptorProto.Builder d =
          m.addFieldBuilder()
              .setName(w[1])
              .setNumber(Integer.parseInt(w[2]))
              .setLabel(w[3].endsWith("*") ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL);
      if (Character.isUpperCase(type.charAt(0))) {
        d.setType(Type.TYPE_MESSAGE).setTypeName("." + type);
      } else {
        d.setType(Type.valueOf("TYPE_" + type.toUpperCase(java.util.Locale.ROOT)));
      }
    }
    try {
      return Descriptors.FileDescriptor.buildFrom(f.build(), new Descriptors.FileDescriptor[0]);
    } catch (Descriptors.DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  /** A message as text; unknown fields are shown by their numbers. */
  static String text(String message, byte[] body) throws InvalidProtocolBufferException {
    return TextFormat.printer()
        .escapingNonAscii(false)
        .printToString(DynamicMessage.parseFrom(file().findMessageTypeByName(message), body));
  }
}
