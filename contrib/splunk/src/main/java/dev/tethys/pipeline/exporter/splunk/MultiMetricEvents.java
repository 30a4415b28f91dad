package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Metric events of one request, joined as in Splunk's multiple-metric format: events that differ
 * only in their measurement become one with several {@code metric_name:…} fields. The queue holds
 * single events, so that a rejected event leads back to its rows.
 */
final class MultiMetricEvents {
  /** Place of the measurement in an event; within strings its quotes would be escaped. */
  private static final String FIELDS = "\"fields\":{";

  private static final String MEASUREMENT = FIELDS + "\"metric_name:";

  private final List<Event> events = new ArrayList<>();

  private record Key(String before, String after) {}

  private static final class Event {
    final Key key;
    final StringBuilder measurements = new StringBuilder();
    final Set<String> names = new HashSet<>();
    final BitSet rows = new BitSet();

    Event(Key key) {
      this.key = key;
    }

    int size() {
      return key.before.length() + measurements.length() + key.after.length();
    }
  }

  /**
   * Joins the events of a request.
   *
   * @param maxEvent maximum number of bytes of an event
   */
  MultiMetricEvents(LineRequestEncoder.Opened request, long maxEvent) {
    Map<Key, Event> open = new HashMap<>();
    for (int row = 0; row < request.index().rows(); row++) {
      String line = request.row(row);
      int at = line.indexOf(MEASUREMENT);
      if (at < 0) { // of another version of this program
        Event whole = new Event(new Key(line, ""));
        whole.rows.set(row);
        events.add(whole);
        continue;
      }
      int begin = at + FIELDS.length();
      int name = endOfString(line, begin);
      int end = name;
      while (line.charAt(end) != ',' && line.charAt(end) != '}') {
        end++;
      }
      Key key = new Key(line.substring(0, begin), line.substring(end));
      String measurement = line.substring(begin, end);
      Event e = open.get(key);
      // A char is at most three bytes of UTF-8.
      if (e == null
          || e.names.contains(line.substring(begin, name))
          || 3L * (e.size() + measurement.length() + 1) > maxEvent) {
        e = new Event(key);
        open.put(key, e);
        events.add(e);
      }
      e.measurements.append(e.names.isEmpty() ? "" : ",").append(measurement);
      e.names.add(line.substring(begin, name));
      e.rows.set(row);
    }
  }

  /** Returns the end of the string that starts at a position. */
  private static int endOfString(String s, int from) {
    int i = from + 1;
    while (s.charAt(i) != '"') {
      i += s.charAt(i) == '\\' ? 2 : 1;
    }
    return i + 1;
  }

  int size() {
    return events.size();
  }

  /** Rows of the request that an event has, by its number from 0. */
  BitSet rows(int event) {
    return events.get(event).rows;
  }

  /** Returns the events, one per line. */
  byte[] lines() {
    StringBuilder sb = new StringBuilder();
    for (Event e : events) {
      sb.append(e.key.before).append(e.measurements).append(e.key.after).append('\n');
    }
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }
}
