package dev.tethys.codec.loki;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.logs.LogBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PushBatchReaderTest {
  private static final long T = 1_700_000_000L;

  /** Rows of a batch as text: labels, time, body, metadata. */
  static List<String> rows(LogBatch b) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < b.rows; i++) {
      TreeMap<String, String> pairs = new TreeMap<>();
      for (int p = b.pairStarts[i]; p < b.pairStarts[i + 1]; p++) {
        pairs.put(
            b.names.get(b.pairNames[p]),
            new String(b.bytes, b.valueStarts[p], b.valueLengths[p], UTF_8));
      }
      String body = new String(b.bytes, b.bodyStarts[i], b.bodyLengths[i], UTF_8);
      out.add(b.streams.get(b.rowStreams[i]) + " " + b.times[i] + " " + body + " " + pairs);
    }
    return out;
  }

  private static LogBatch protobuf(ProtoWriter w, RejectedItems refusals) {
    LogBatch b = new LogBatch();
    new PushBatchReader().protobuf(w.buffer(), 0, w.size(), b, refusals);
    return b;
  }

  private static LogBatch json(String text, RejectedItems refusals) {
    LogBatch b = new LogBatch();
    byte[] bytes = text.getBytes(UTF_8);
    new PushBatchReader().json(bytes, 0, bytes.length, b, refusals);
    return b;
  }

  private static void entry(ProtoWriter w, long seconds, String line, String... pairs) {
    int entry = w.begin(2);
    int time = w.begin(1);
    w.int64(1, seconds);
    w.int64(2, 7);
    w.end(time);
    w.string(2, line);
    for (int i = 0; i < pairs.length; i += 2) {
      int pair = w.begin(3);
      w.string(1, pairs[i]);
      w.string(2, pairs[i + 1]);
      w.end(pair);
    }
    w.end(entry);
  }

  @Test
  void protobufAndJsonProduceTheSameRows() {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    w.string(1, "{app=\"shop\", level=\"warn\"}");
    entry(w, T, "one");
    entry(w, T, "two", "trace_id", "ab", "z", "1");
    w.end(s);
    s = w.begin(1);
    w.string(1, "{host=\"a\"}");
    entry(w, T, "level=error three", "k", "v");
    w.end(s);
    RejectedItems refusals = new RejectedItems();
    List<String> rows = rows(protobuf(w, refusals));
    assertThat(rows)
        .containsExactly(
            "{app=\"shop\", level=\"warn\", service_name=\"shop\"} 1700000000000000007 one"
                + " {detected_level=warn}",
            "{app=\"shop\", level=\"warn\", service_name=\"shop\"} 1700000000000000007 two"
                + " {detected_level=warn, trace_id=ab, z=1}",
            "{host=\"a\", service_name=\"unknown_service\"} 1700000000000000007 level=error three"
                + " {detected_level=error, k=v}");
    String t = T + "000000007";
    assertThat(
            rows(
                json(
                    """
                    {"streams":[{"stream":{"app":"shop","level":"warn"},"values":[["%s","one"],
                     ["%s","two",{"trace_id":"ab","z":"1"}]]},
                     {"stream":{"host":"a"},"values":[["%s","level=error three",{"k":"v"}]]}]}
                    """
                        .formatted(t, t, t),
                    refusals)))
        .isEqualTo(rows);
    assertThat(refusals.isEmpty()).isTrue();
  }

  @Test
  void labelsMayFollowTheEntries() {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    entry(w, T, "one");
    w.string(1, "{app=\"a\"}");
    w.end(s);
    assertThat(rows(protobuf(w, new RejectedItems())))
        .containsExactly(
            "{app=\"a\", service_name=\"a\"} 1700000000000000007 one {detected_level=unknown}");
  }

  @Test
  void lastOfEqualNamesWins() {
    ProtoWriter w = new ProtoWriter();
    int s = w.begin(1);
    w.string(1, "{app=\"a\"}");
    entry(w, T, "one", "k", "1", "l", "2", "k", "3", "detected_level", "odd");
    w.end(s);
    assertThat(rows(protobuf(w, new RejectedItems())))
        .containsExactly(
            "{app=\"a\", service_name=\"a\"} 1700000000000000007 one"
                + " {detected_level=odd, k=3, l=2}");
  }

  @Test
  void rejectsOnlyInvalidEntries() {
    ProtoWriter w = new ProtoWriter();
    for (String labels : new String[] {"{a=\"b\"", "{}", "{app=\"a\"}"}) {
      int s = w.begin(1);
      w.string(1, labels);
      entry(w, T, "one", "k", "v");
      entry(w, Long.MAX_VALUE / 2, "late", "k", "v");
      entry(w, T, "two");
      w.end(s);
    }
    RejectedItems refusals = new RejectedItems();
    LogBatch b = protobuf(w, refusals);
    assertThat(rows(b)).hasSize(2).allMatch(r -> r.startsWith("{app=\"a\", service_name=\"a\"}"));
    assertThat(refusals.count()).isEqualTo(7);
    assertThat(refusals.text(r -> r.item() + ": " + r.why()))
        .contains("stream 2 {}, entry 1: at least one label pair is required per stream")
        .contains("stream 3 {app=\"a\"}, entry 2: its time is out of range");
  }

  @Test
  void rejectsUnqueryableNames() {
    List<String> names = List.of("", "1a", "a-b", "a.b", "é", "a b");
    for (String name : names) {
      ProtoWriter w = new ProtoWriter();
      int s = w.begin(1);
      w.string(1, "{\"" + name + "\"=\"x\", app=\"a\"}");
      entry(w, T, "one");
      w.end(s);
      RejectedItems refusals = new RejectedItems();
      assertThat(rows(protobuf(w, refusals))).isEmpty();
      assertThat(refusals.count()).isEqualTo(1);
    }
    for (String name : names) {
      RejectedItems refusals = new RejectedItems();
      LogBatch b =
          json(
              "{'streams':[{'stream':{'app':'a','NAME':'x'},'values':[['1','one'],['2','two']]},"
                      .replace("NAME", name)
                      .replace('\'', '"')
                  + "{'stream':{'app':'b'},'values':[['3','three']]}]}".replace('\'', '"'),
              refusals);
      assertThat(rows(b)).hasSize(1).allMatch(r -> r.startsWith("{app=\"b\""));
      assertThat(refusals.count()).isEqualTo(2);
      assertThat(refusals.text(r -> r.item() + ": " + r.why()))
          .contains("invalid label name '" + name + "'");
    }
  }

  @Test
  void rejectsMalformedRequestsCompletely() {
    LogBatch b = new LogBatch();
    assertThatThrownBy(
            () ->
                new PushBatchReader()
                    .protobuf(new byte[] {0x0a, 0x7f, 1}, 0, 3, b, new RejectedItems()))
        .isInstanceOf(CodecException.class);
  }
}
