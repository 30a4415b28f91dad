package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.graph.NodeTap;
import dev.tethys.pipeline.graph.OneRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records of a batch before a node, each with the node's output. */
final class RecordChanges {
  /** Maximum number of compared records per batch. */
  private static final int MAX_RECORDS = 1_000;

  /** Largest record that is shown, as JSON. */
  private static final int MAX_RECORD = 64 << 10;

  private RecordChanges() {}

  /** Change of a record by a node. */
  enum Change {
    UNCHANGED,
    CHANGED,

    /** Not passed on within the call: dropped, or held back. */
    ONLY_BEFORE,

    /** Created by the node, or previously buffered. */
    ONLY_AFTER;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static @Nullable Change of(String word) {
      for (Change c : values()) {
        if (c.word().equals(word)) {
          return c;
        }
      }
      return null;
    }
  }

  private record RecordJson(OneRecord.Identity id, String json) {}

  /**
   * Record.
   *
   * @param edge edge on which the record left, or "" if it did not
   * @param before null for a record only in the output
   * @param after null for a record only in the input
   */
  record Pair(
      Change change, Signal signal, String edge, @Nullable String before, @Nullable String after) {
    String json() {
      Json j = new Json().open('{').key("change").text(change.word());
      j.key("signal").text(StatusJson.word(signal)).key("edge").text(edge);
      put(j, "before", before);
      put(j, "after", change == Change.UNCHANGED ? null : after);
      return j.close('}').toString();
    }

    private static void put(Json j, String key, @Nullable String json) {
      if (json != null && json.length() <= MAX_RECORD) {
        j.key(key).raw(json);
      } else if (json != null) {
        j.key(key + "Bytes").number(json.length());
      }
    }
  }

  /**
   * Records of a sampled node call. Unchanged records are last, because readers show only a few per
   * batch. Profiles and malformed batches are omitted.
   */
  static List<Pair> of(NodeTap.NodeBatches p, TapAccess access) {
    Batch first = p.before();
    List<RecordJson> before = first == null ? List.of() : records(first, access);
    Map<OneRecord.Identity, Deque<RecordJson>> left = new HashMap<>();
    before.forEach(s -> left.computeIfAbsent(s.id, k -> new ArrayDeque<>()).add(s));
    Map<OneRecord.Identity, Deque<RecordJson>> all = copy(left);
    List<Pair> out = new ArrayList<>();
    for (NodeTap.Passed passed : p.after()) {
      Batch b = passed.batch();
      List<RecordJson> after = records(b, access);
      // Each edge gets the same records; only records without an edge remain.
      Map<OneRecord.Identity, Deque<RecordJson>> ofEdge = copy(all);
      boolean sameSize = after.size() == before.size();
      // Of several with equal ids and times, those that are equal otherwise belong together.
      boolean[] equal = new boolean[after.size()];
      for (int i = 0; i < equal.length; i++) {
        Deque<RecordJson> same = ofEdge.get(after.get(i).id);
        equal[i] = same != null && same.remove(after.get(i));
      }
      for (int i = 0; i < after.size(); i++) {
        RecordJson a = after.get(i);
        RecordJson was = equal[i] ? a : poll(ofEdge, a.id);
        if (was == null && sameSize && !all.containsKey(a.id)) {
          was = poll(ofEdge, before.get(i).id); // its identity was edited
        }
        if (was == null) {
          out.add(new Pair(Change.ONLY_AFTER, b.signal(), passed.edge(), null, a.json));
        } else {
          remove(left, was);
          Change c = was.json.equals(a.json) ? Change.UNCHANGED : Change.CHANGED;
          out.add(new Pair(c, b.signal(), passed.edge(), was.json, a.json));
        }
      }
    }
    if (first != null && p.whole() && before.size() < MAX_RECORDS) {
      Signal signal = first.signal();
      left.values()
          .forEach(
              rest ->
                  rest.forEach(
                      s -> out.add(new Pair(Change.ONLY_BEFORE, signal, "", s.json, null))));
    }
    out.sort(Comparator.comparing(pair -> pair.change == Change.UNCHANGED));
    return out;
  }

  private static Map<OneRecord.Identity, Deque<RecordJson>> copy(
      Map<OneRecord.Identity, Deque<RecordJson>> of) {
    Map<OneRecord.Identity, Deque<RecordJson>> m = new HashMap<>();
    of.forEach((k, v) -> m.put(k, new ArrayDeque<>(v)));
    return m;
  }

  private static @Nullable RecordJson poll(
      Map<OneRecord.Identity, Deque<RecordJson>> from, OneRecord.Identity id) {
    Deque<RecordJson> d = from.get(id);
    return d == null ? null : d.poll();
  }

  private static void remove(Map<OneRecord.Identity, Deque<RecordJson>> from, RecordJson s) {
    Deque<RecordJson> d = from.get(s.id);
    if (d != null) {
      d.remove(s);
    }
  }

  private static List<RecordJson> records(Batch b, TapAccess access) {
    List<RecordJson> out = new ArrayList<>();
    if (b.signal() == Signal.PROFILES) {
      return out;
    }
    try {
      Telemetry<?> tree = b.takeTree();
      for (ResourceGroup<?> r : tree.resources()) {
        for (ScopeGroup<?> s : r.scopes()) {
          for (Object item : s.items()) {
            OneRecord.Identity id = OneRecord.identity(r, item);
            if (id == null || out.size() >= MAX_RECORDS) {
              return out;
            }
            Telemetry<?> one = OneRecord.of(r, s, item);
            access.mask(one);
            out.add(new RecordJson(id, json(one)));
          }
        }
      }
    } catch (CodecException e) {
      out.clear();
    }
    return out;
  }

  /** Returns a record as an OTLP request in JSON. */
  static String json(Telemetry<?> one) {
    OtlpSignal s =
        one instanceof LogsData
            ? OtlpSignal.LOGS
            : one instanceof TracesData ? OtlpSignal.TRACES : OtlpSignal.METRICS;
    byte[] body = new OtlpWriter().write(one);
    return new String(OtlpJsonWriter.toJson(s, body, 0, body.length), StandardCharsets.UTF_8);
  }
}
