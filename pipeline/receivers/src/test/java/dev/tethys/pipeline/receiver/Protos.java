package dev.tethys.pipeline.receiver;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;

/** Messages of remote write and Loki's push, made by protobuf-java. */
public final class Protos {
  private static final FileDescriptor FILE = file();

  private Protos() {}

  private static FieldDescriptorProto f(int number, String name, Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL)
        .build();
  }

  private static FieldDescriptorProto m(int number, String name, String type, boolean repeated) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(Type.TYPE_MESSAGE)
        .setTypeName(".t." + type)
        .setLabel(repeated ? Label.LABEL_REPEATED : Label.LABEL_OPTIONAL)
        .build();
  }

  private static DescriptorProto message(String name, FieldDescriptorProto... fields) {
    return DescriptorProto.newBuilder()
        .setName(name)
        .addAllField(java.util.List.of(fields))
        .build();
  }

  private static FileDescriptor file() {
    FileDescriptorProto p =
        FileDescriptorProto.newBuilder()
            .setName("t.proto")
            .setPackage("t")
            .setSyntax("proto3")
            .addMessageType(
                message("Label", f(1, "name", Type.TYPE_STRING), f(2, "value", Type.TYPE_STRING)))
            .addMessageType(
                message(
                    "Sample", f(1, "value", Type.TYPE_DOUBLE), f(2, "timestamp", Type.TYPE_INT64)))
            .addMessageType(
                message(
                    "TimeSeries", m(1, "labels", "Label", true), m(2, "samples", "Sample", true)))
            .addMessageType(message("WriteRequest", m(1, "timeseries", "TimeSeries", true)))
            .addMessageType(message("Batch", f(1, "batch", Type.TYPE_BYTES)))
            .addMessageType(
                message(
                    "Timestamp", f(1, "seconds", Type.TYPE_INT64), f(2, "nanos", Type.TYPE_INT32)))
            .addMessageType(
                message(
                    "Entry",
                    m(1, "timestamp", "Timestamp", false),
                    f(2, "line", Type.TYPE_STRING),
                    m(3, "structured_metadata", "Label", true)))
            .addMessageType(
                message("Stream", f(1, "labels", Type.TYPE_STRING), m(2, "entries", "Entry", true)))
            .addMessageType(message("PushRequest", m(1, "streams", "Stream", true)))
            .build();
    try {
      return FileDescriptor.buildFrom(p, new FileDescriptor[0]);
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  /** A message of a type; fields are alternating names and values, repeated ones several times. */
  public static DynamicMessage of(String type, Object... fields) {
    Descriptor d = FILE.findMessageTypeByName(type);
    DynamicMessage.Builder b = DynamicMessage.newBuilder(d);
    for (int i = 0; i < fields.length; i += 2) {
      var field = d.findFieldByName((String) fields[i]);
      if (field.isRepeated()) {
        b.addRepeatedField(field, fields[i + 1]);
      } else {
        b.setField(field, fields[i + 1]);
      }
    }
    return b.build();
  }

  /** A label, or a pair of structured metadata. */
  public static DynamicMessage label(String name, String value) {
    return of("Label", "name", name, "value", value);
  }

  /** A series with one sample; labels are alternating names and values. */
  public static DynamicMessage series(double value, long timestamp, String... labels) {
    Object[] fields = new Object[labels.length + 2];
    for (int i = 0; i < labels.length; i += 2) {
      fields[i] = "labels";
      fields[i + 1] = label(labels[i], labels[i + 1]);
    }
    fields[labels.length] = "samples";
    fields[labels.length + 1] = of("Sample", "value", value, "timestamp", timestamp);
    return of("TimeSeries", fields);
  }
}
