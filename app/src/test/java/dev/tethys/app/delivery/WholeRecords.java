package dev.tethys.app.delivery;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.logs.v1.LogsData;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.TracesData;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;

/** Records at a destination that keeps all of a record: OTLP, read by OpenTelemetry's classes. */
final class WholeRecords {
  private WholeRecords() {}

  /** All of it, byte by byte. */
  static String text(KnownRecords.Item item) {
    return item.resource().toByteString().toString(StandardCharsets.ISO_8859_1)
        + " | "
        + item.scope().toByteString().toString(StandardCharsets.ISO_8859_1)
        + " | "
        + item.what().toByteString().toString(StandardCharsets.ISO_8859_1);
  }

  /** Adds what a request or message holds. */
  static void read(Signal signal, byte[] body, FoundRecords into) {
    try {
      if (signal == Signal.LOGS) {
        read(LogsData.parseFrom(body), into);
      } else {
        read(TracesData.parseFrom(body), into);
      }
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds what a request or message of OTLP's JSON holds. */
  static void readJson(Signal signal, byte[] body, FoundRecords into) {
    JsonNode json = Found.json(new String(body, StandardCharsets.UTF_8));
    if (signal == Signal.LOGS) {
      read(OtlpJsonText.read(json, LogsData.newBuilder()).build(), into);
    } else {
      read(OtlpJsonText.read(json, TracesData.newBuilder()).build(), into);
    }
  }

  private static void read(LogsData data, FoundRecords into) {
    data.getResourceLogsList()
        .forEach(
            r ->
                r.getScopeLogsList()
                    .forEach(
                        s ->
                            s.getLogRecordsList()
                                .forEach(l -> add(r.getResource(), s.getScope(), l, into))));
  }

  private static void read(TracesData data, FoundRecords into) {
    data.getResourceSpansList()
        .forEach(
            r ->
                r.getScopeSpansList()
                    .forEach(
                        s ->
                            s.getSpansList()
                                .forEach(x -> add(r.getResource(), s.getScope(), x, into))));
  }

  private static void add(
      Resource resource, InstrumentationScope scope, MessageLite what, FoundRecords into) {
    KnownRecords.Item item = new KnownRecords.Item(resource, scope, what);
    into.add(item.id(), text(item));
  }
}
