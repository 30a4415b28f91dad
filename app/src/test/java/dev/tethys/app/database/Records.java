package dev.tethys.app.database;

import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;

/** A log record and a span with everything that they can have. */
final class Records {
  private static final String RESOURCE =
      """
      "resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "web"}},
        {"key": "host", "value": {"stringValue": "h1"}}]}\
      """;
  private static final String IDS =
      """
      "traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708\"\
      """;

  private Records() {}

  static Batch logs() {
    return batch(
        Signal.LOGS,
        OtlpSignal.LOGS,
        """
        {"resourceLogs": [{%s, "scopeLogs": [{"scope": {"name": "s", "version": "1"}, "logRecords": [
          {"timeUnixNano": "1700000000000000001", %s, "flags": 1, "severityText": "WARN",
           "severityNumber": 13, "eventName": "click",
           "body": {"stringValue": "it's a \\"line\\""},
           "attributes": [{"key": "user", "value": {"stringValue": "zoë"}},
             {"key": "n", "value": {"arrayValue": {"values": [{"intValue": "1"},
               {"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": true}}]}}]}}}]}]}]}]}
        """);
  }

  static Batch spans() {
    return batch(
        Signal.TRACES,
        OtlpSignal.TRACES,
        """
        {"resourceSpans": [{%s, "scopeSpans": [{"scope": {"name": "s", "version": "1"}, "spans": [
          {%s, "name": "GET /", "kind": 2, "startTimeUnixNano": "1700000000000000000",
           "endTimeUnixNano": "1700000000000001500", "status": {"code": 2, "message": "bad"},
           "events": [{"name": "e", "timeUnixNano": "1700000000000000100",
             "attributes": [{"key": "k", "value": {"stringValue": "v"}}]}],
           "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10",
             "spanId": "1111111111111111"}]}]}]}]}
        """);
  }

  private static Batch batch(Signal signal, OtlpSignal of, String json) {
    byte[] b = json.formatted(RESOURCE, IDS).getBytes(StandardCharsets.UTF_8);
    return new Batch(
        signal, Encoding.OTLP, OtlpJson.toProtobuf(of, b, 0, b.length).toByteArray(), 1, 0);
  }
}
