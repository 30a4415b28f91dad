package dev.tethys.codec.remote;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The messages of the remote protocols as protobuf-java knows them: the oracle of these tests. */
final class PromProto {
  private static final String SHARED =
      """
      message Histogram { oneof count uint64 count_int = 1; oneof count double count_float = 2;
        double sum = 3; sint32 schema = 4; double zero_threshold = 5;
        oneof zero uint64 zero_count_int = 6; oneof zero double zero_count_float = 7;
        repeated BucketSpan negative_spans = 8; repeated sint64 negative_deltas = 9;
        repeated double negative_counts = 10; repeated BucketSpan positive_spans = 11;
        repeated sint64 positive_deltas = 12; repeated double positive_counts = 13;
        int32 reset_hint = 14; int64 timestamp = 15; repeated double custom_values = 16;
        int64 start_timestamp = 17; }
      message BucketSpan { sint32 offset = 1; uint32 length = 2; }
      """;

  static final FileDescriptor V1 =
      file(
          SHARED
              + """
              message WriteRequest { repeated TimeSeries timeseries = 1; repeated MetricMetadata metadata = 3; }
              message MetricMetadata { int32 type = 1; string metric_family_name = 2; string help = 4; string unit = 5; }
              message Sample { double value = 1; int64 timestamp = 2; }
              message Exemplar { repeated Label labels = 1; double value = 2; int64 timestamp = 3; }
              message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2;
                repeated Exemplar exemplars = 3; repeated Histogram histograms = 4; }
              message Label { string name = 1; string value = 2; }
              message LabelMatcher { int32 type = 1; string name = 2; string value = 3; }
              message ReadHints { int64 step_ms = 1; string func = 2; int64 start_ms = 3; int64 end_ms = 4;
                repeated string grouping = 5; bool by = 6; int64 range_ms = 7; }
              message Chunk { int64 min_time_ms = 1; int64 max_time_ms = 2; int32 type = 3; bytes data = 4; }
              message ChunkedSeries { repeated Label labels = 1; repeated Chunk chunks = 2; }
              message ReadRequest { repeated Query queries = 1; repeated int32 accepted_response_types = 2; }
              message ReadResponse { repeated QueryResult results = 1; }
              message Query { int64 start_timestamp_ms = 1; int64 end_timestamp_ms = 2;
                repeated LabelMatcher matchers = 3; ReadHints hints = 4; }
              message QueryResult { repeated TimeSeries timeseries = 1; }
              message ChunkedReadResponse { repeated ChunkedSeries chunked_series = 1; int64 query_index = 2; }
              """);

  static final FileDescriptor V2 =
      file(
          SHARED
              + """
              message Request { repeated string symbols = 4; repeated TimeSeries timeseries = 5; }
              message TimeSeries { repeated uint32 labels_refs = 1; repeated Sample samples = 2;
                repeated Histogram histograms = 3; repeated Exemplar exemplars = 4; Metadata metadata = 5; }
              message Exemplar { repeated uint32 labels_refs = 1; double value = 2; int64 timestamp = 3; }
              message Sample { double value = 1; int64 timestamp = 2; int64 start_timestamp = 3; }
              message Metadata { int32 type = 1; uint32 help_ref = 3; uint32 unit_ref = 4; }
              """);

  private PromProto() {}

  private static FileDescriptor file(String text) {
    FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder().setSyntax("proto3");
    Matcher m = Pattern.compile("message (\\w+) \\{([^}]*)}").matcher(text);
    while (m.find()) {
      DescriptorProto.Builder d = DescriptorProto.newBuilder().setName(m.group(1));
      Matcher f =
          Pattern.compile("(repeated |oneof (\\w+) )?(\\w+) (\\w+) = (\\d+);").matcher(m.group(2));
      while (f.find()) {
        FieldDescriptorProto.Builder b =
            FieldDescriptorProto.newBuilder()
                .setName(f.group(4))
                .setNumber(Integer.parseInt(f.group(5)))
                .setLabel(
                    "repeated ".equals(f.group(1))
                        ? FieldDescriptorProto.Label.LABEL_REPEATED
                        : FieldDescriptorProto.Label.LABEL_OPTIONAL);
        String type = f.group(3);
        if (Character.isUpperCase(type.charAt(0))) {
          b.setType(FieldDescriptorProto.Type.TYPE_MESSAGE).setTypeName(type);
        } else {
          b.setType(FieldDescriptorProto.Type.valueOf("TYPE_" + type.toUpperCase(Locale.ROOT)));
        }
        if (f.group(2) != null) {
          List<String> names =
              d.getOneofDeclList().stream().map(OneofDescriptorProto::getName).toList();
          if (!names.contains(f.group(2))) {
            d.addOneofDecl(OneofDescriptorProto.newBuilder().setName(f.group(2)));
            b.setOneofIndex(names.size());
          } else {
            b.setOneofIndex(names.indexOf(f.group(2)));
          }
        }
        d.addField(b);
      }
      file.addMessageType(d);
    }
    try {
      return FileDescriptor.buildFrom(file.build(), new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }

  static DynamicMessage parse(FileDescriptor file, String type, byte[] bytes)
      throws InvalidProtocolBufferException {
    return DynamicMessage.parseFrom(file.findMessageTypeByName(type), bytes);
  }

  /** A message from alternating field names and values; a list fills a repeated field. */
  static DynamicMessage of(FileDescriptor file, String type, Object... fields) {
    Descriptor d = file.findMessageTypeByName(type);
    DynamicMessage.Builder b = DynamicMessage.newBuilder(d);
    for (int i = 0; i < fields.length; i += 2) {
      FieldDescriptor f = d.findFieldByName((String) fields[i]);
      b.setField(f, fields[i + 1]);
    }
    return b.build();
  }

  @SuppressWarnings("unchecked")
  static <T> T get(DynamicMessage m, String field) {
    return (T) m.getField(m.getDescriptorForType().findFieldByName(field));
  }
}
