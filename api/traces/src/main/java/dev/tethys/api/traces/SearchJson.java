package dev.tethys.api.traces;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.query.traceql.FoundTrace;
import dev.tethys.query.traceql.NamedValue;
import dev.tethys.query.traceql.TraceSearchResult;
import dev.tethys.query.traceql.ast.TraceValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Response to a search as JSON. A response of thousands of traces repeats the same services, names
 * and values, so each of them is quoted once.
 */
final class SearchJson {
  /** Maximum number of strings cached in quoted form. */
  private static final int MAX_QUOTED = 4096;

  /** Number of sampled traces from which the total length is estimated. */
  private static final int SAMPLE = 32;

  /** Longest cached string. */
  private static final int MAX_QUOTED_LENGTH = 256;

  private static final byte[] TRACE_ID = ascii("{\"traceID\":\"");
  private static final byte[] ROOT_SERVICE = ascii("\",\"rootServiceName\":");
  private static final byte[] ROOT_NAME = ascii(",\"rootTraceName\":");
  private static final byte[] START = ascii(",\"startTimeUnixNano\":\"");
  private static final byte[] DURATION_MS = ascii("\",\"durationMs\":");
  private static final byte[] SPAN_SET = ascii(",\"spanSet\":");
  private static final byte[] SPAN_SETS = ascii(",\"spanSets\":[");
  private static final byte[] SERVICES = ascii(",\"serviceStats\":{");
  private static final byte[] SPAN_COUNT = ascii(":{\"spanCount\":");
  private static final byte[] ERROR_COUNT = ascii(",\"errorCount\":");
  private static final byte[] SPANS = ascii("{\"spans\":[");
  private static final byte[] SPAN_ID = ascii("{\"spanID\":\"");
  private static final byte[] NAME = ascii(",\"name\":");
  private static final byte[] DURATION_NANOS = ascii("\",\"durationNanos\":\"");
  private static final byte[] MATCHED = ascii("],\"matched\":");
  private static final byte[] ATTRIBUTES = ascii(",\"attributes\":[");
  private static final byte[] KEY = ascii("{\"key\":");
  private static final byte[] VALUE = ascii(",\"value\":");
  private static final byte[] TEXT = ascii("{\"stringValue\":");

  private final BoundedText answer;
  private final TextBuffer out;
  private final boolean spanSet;
  private final Map<String, byte[]> quoted = new HashMap<>();
  private final Map<String, byte[]> keys =
      new HashMap<>(); // of attributes of spans, by their field

  private SearchJson(BoundedText answer, boolean spanSet) {
    this.answer = answer;
    this.out = answer.text;
    this.spanSet = spanSet;
  }

  private static byte[] ascii(String s) {
    return s.getBytes(US_ASCII);
  }

  /**
   * Writes found traces.
   *
   * @param spanSet true to write the first spanset in the older field of its own as well
   */
  static void write(TraceSearchResult r, boolean spanSet, BoundedText answer) {
    SearchJson json = new SearchJson(answer, spanSet);
    answer.text.put("{\"traces\":[");
    int written = 0;
    for (FoundTrace t : r.traces()) {
      json.separate(written == 0);
      json.trace(t);
      answer.check();
      if (++written == SAMPLE) {
        answer.expect(written, r.traces().size());
      }
    }
    answer.text.put("],\"metrics\":");
    TempoJson.metrics(r.statistics(), answer.text);
    answer.text.put('}');
  }

  private void separate(boolean first) {
    if (!first) {
      out.put(',');
    }
  }

  /** Writes a JSON string. */
  private TextBuffer text(String s) {
    byte[] q = quoted.get(s);
    if (q == null) {
      if (quoted.size() == MAX_QUOTED || s.length() > MAX_QUOTED_LENGTH) {
        return out.json(s);
      }
      int from = out.size();
      out.json(s);
      quoted.put(s, out.copy(from, out.size()));
      return out;
    }
    return out.put(q);
  }

  private void trace(FoundTrace t) {
    out.put(TRACE_ID).hex(t.traceHigh()).hex(t.traceLow()).put(ROOT_SERVICE);
    String service = t.rootService();
    text(service == null ? TempoJson.NO_ROOT : service);
    String name = t.rootName();
    if (name != null) {
      out.put(ROOT_NAME);
      text(name);
    }
    out.put(START).number(t.start()).put(DURATION_MS).number(t.duration() / 1_000_000);
    if (spanSet && !t.spansets().isEmpty()) {
      out.put(SPAN_SET);
      spanset(t.spansets().getFirst());
    }
    if (!t.spansets().isEmpty()) {
      out.put(SPAN_SETS);
      boolean first = true;
      for (FoundTrace.Spanset s : t.spansets()) {
        separate(first);
        first = false;
        spanset(s);
      }
      out.put(']');
    }
    services(t.services());
    out.put('}');
  }

  private void services(Map<String, FoundTrace.ServiceStats> services) {
    if (services.isEmpty()) {
      return;
    }
    out.put(SERVICES);
    boolean first = true;
    for (Map.Entry<String, FoundTrace.ServiceStats> e : services.entrySet()) {
      separate(first);
      first = false;
      text(e.getKey()).put(SPAN_COUNT).number(e.getValue().spans());
      if (e.getValue().errors() > 0) {
        out.put(ERROR_COUNT).number(e.getValue().errors());
      }
      out.put('}');
    }
    out.put('}');
  }

  private void spanset(FoundTrace.Spanset set) {
    out.put(SPANS);
    boolean first = true;
    for (FoundTrace.FoundSpan s : set.spans()) {
      separate(first);
      first = false;
      out.put(SPAN_ID).hex(s.spanId()).put('"');
      if (!s.name().isEmpty()) {
        out.put(NAME);
        text(s.name());
      }
      out.put(START).number(s.start()).put(DURATION_NANOS).number(s.duration()).put('"');
      attributes(s.attributes());
      out.put('}');
    }
    out.put(MATCHED).number(set.matched());
    attributes(set.attributes());
    out.put('}');
  }

  private void attributes(List<NamedValue> list) {
    if (list.isEmpty()) {
      return;
    }
    out.put(ATTRIBUTES);
    boolean first = true;
    for (NamedValue v : list) {
      separate(first);
      first = false;
      out.put(KEY);
      text(v.name()).put(VALUE);
      if (v.value() instanceof TraceValue.Text s) {
        out.put(TEXT);
        text(s.value()).put('}');
      } else {
        TempoJson.value(v.value(), out);
      }
      out.put('}');
    }
    out.put(']');
  }
}
