package dev.tethys.app.delivery;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import com.sun.net.httpserver.HttpExchange;
import dev.tethys.pipeline.Signal;
import io.opentelemetry.proto.logs.v1.LogRecord;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.xerial.snappy.Snappy;

/**
 * Loki by a double of its API ("Ingest logs"), whose requests Google's snappy and protobuf's own
 * library take apart ({@code PushRequest} of Loki's push.proto).
 */
@Tag("slow")
class LokiRecordsContractTest extends RecordsContract {
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)=\"((?:[^\"\\\\]|\\\\.)*)\"(?:, |,|})");

  @Override
  Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  private static HttpIntake.Reply judge(HttpExchange x, byte[] body) {
    if (x.getRequestMethod().equals("GET")) { // it only takes
      return new HttpIntake.Reply(404, "page not found");
    }
    try {
      push(body, new FoundRecords());
      return new HttpIntake.Reply(204, "");
    } catch (IOException | IllegalArgumentException e) {
      return new HttpIntake.Reply(400, String.valueOf(e.getMessage()));
    }
  }

  @Override
  RecordPeer start(Signal signal) throws IOException {
    HttpIntake loki = new HttpIntake("/loki/api/v1/push", LokiRecordsContractTest::judge);
    return new IntakePeer(loki, "loki") {
      @Override
      public String exporterKeys(int at) {
        return "endpoint: 'http://127.0.0.1:"
            + at
            + "/loki/api/v1/push', resource_labels: [service.name, host.name]";
      }

      /** As an ingester says it. */
      @Override
      HttpIntake.Reply fullDisk() {
        return new HttpIntake.Reply(
            500, "rpc error: code = Unknown desc = write wal/00000042: no space left on device");
      }

      @Override
      public String kept(KnownRecords.Item item) {
        return LokiRecordsContractTest.kept(item);
      }

      @Override
      void read(byte[] body, FoundRecords into) throws IOException {
        push(body, into);
      }
    };
  }

  private static void push(byte[] body, FoundRecords into) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(Snappy.uncompress(body));
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) != 1) {
        throw new IllegalArgumentException("a field that no request has: " + tag);
      }
      stream(in.readBytes().newCodedInput(), into);
    }
  }

  private static void stream(CodedInputStream in, FoundRecords into) throws IOException {
    Map<String, String> labels = new TreeMap<>();
    for (int tag; (tag = in.readTag()) != 0; ) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> labels.putAll(labels(in.readStringRequireUtf8()));
        case 2 -> entry(labels, in.readBytes(), into);
        default -> in.skipField(tag);
      }
    }
  }

  /** A selector of a stream, as Loki's parser has it. */
  static Map<String, String> labels(String text) {
    Map<String, String> labels = new TreeMap<>();
    int end = 1;
    for (MatchResult m : LABEL.matcher(text).results().toList()) {
      if (m.start() != end) {
        break;
      }
      labels.put("label " + m.group(1), m.group(2).translateEscapes());
      end = m.end();
    }
    if (!text.startsWith("{") || end != text.length() || labels.isEmpty()) {
      throw new IllegalArgumentException("no labels of a stream: " + text);
    }
    return labels;
  }

  private static void entry(Map<String, String> labels, ByteString entry, FoundRecords into)
      throws IOException {
    Map<String, String> m = new TreeMap<>(labels);
    CodedInputStream in = entry.newCodedInput();
    for (int tag; (tag = in.readTag()) != 0; ) {
      ByteString bytes = in.readBytes();
      CodedInputStream part = bytes.newCodedInput();
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> m.put("entry time", time(part));
        case 2 -> m.put("entry line", KeptValues.normal(bytes.toStringUtf8()));
        case 3 -> {
          part.readTag();
          String name = part.readStringRequireUtf8();
          part.readTag();
          m.put(name, KeptValues.normal(part.readStringRequireUtf8()));
        }
        default -> throw new IllegalArgumentException("a field that no entry has: " + tag);
      }
    }
    m.putIfAbsent("entry line", "");
    into.add(String.valueOf(m.remove("record_id")), m.toString());
  }

  private static String time(CodedInputStream in) throws IOException {
    long seconds = 0;
    long nanos = 0;
    for (int tag; (tag = in.readTag()) != 0; ) {
      if (WireFormat.getTagFieldNumber(tag) == 1) {
        seconds = in.readInt64();
      } else {
        nanos = in.readInt64();
      }
    }
    return Long.toString(seconds * 1_000_000_000 + nanos);
  }

  private static String name(String key) {
    String legal = key.replaceAll("[^a-zA-Z0-9_]", "_");
    return legal.isEmpty() ? "_" : Character.isDigit(legal.charAt(0)) ? "key_" + legal : legal;
  }

  private static String kept(KnownRecords.Item item) {
    LogRecord r = item.log();
    Map<String, String> m = new TreeMap<>();
    KeptValues.both(item, r.getAttributesList())
        .forEach(
            (k, v) -> {
              boolean label = k.equals("service.name") || k.equals("host.name");
              m.put((label ? "label " : "") + name(k), v);
            });
    m.values().removeIf(String::isEmpty); // Loki knows no empty ones
    m.remove("record_id");
    if (item.resource().getAttributesCount() == 0) {
      m.put("label service_name", "unknown_service");
    }
    if (!item.scope().getName().isEmpty()) {
      m.put("scope_name", item.scope().getName());
      m.put("scope_version", item.scope().getVersion());
    }
    if (!r.getSeverityText().isEmpty()) {
      m.put("severity_text", r.getSeverityText());
    }
    if (r.getSeverityNumberValue() != 0) {
      m.put("severity_number", Integer.toString(r.getSeverityNumberValue()));
    }
    if (!r.getEventName().isEmpty()) {
      m.put("event_name", r.getEventName());
    }
    if (!r.getTraceId().isEmpty()) {
      m.put("trace_id", KnownRecords.hex(r.getTraceId()));
      m.put("span_id", KnownRecords.hex(r.getSpanId()));
    }
    long time = r.getTimeUnixNano() == 0 ? r.getObservedTimeUnixNano() : r.getTimeUnixNano();
    m.put("entry time", Long.toString(time));
    m.put("entry line", KeptValues.normal(KeptValues.text(r.getBody())));
    return m.toString();
  }
}
