package dev.tethys.model.traces;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers of spans by trace and service. Safe for several threads that do not change it. */
final class ServiceCounts {
  private static final int FIRST_SIZE = 16;

  private final Map<String, Integer> codes = new HashMap<>();
  private final List<String> names = new ArrayList<>();
  private int[] first = new int[FIRST_SIZE]; // entry + 1 by trace
  private int[] slots = new int[2 * FIRST_SIZE]; // entry + 1 by hash
  private int size;
  private int[] trace = new int[FIRST_SIZE];
  private int[] service = new int[FIRST_SIZE];
  private int[] spans = new int[FIRST_SIZE];
  private int[] errors = new int[FIRST_SIZE];
  private int[] next = new int[FIRST_SIZE]; // entry + 1 of the same trace

  /** Returns the code of a service. */
  int code(String name) {
    Integer code = codes.get(name);
    if (code == null) {
      code = names.size();
      codes.put(name, code);
      names.add(name);
    }
    return code;
  }

  /** Returns the number of codes. */
  int codes() {
    return names.size();
  }

  /** False if no span of a trace was added. */
  boolean has(int ofTrace) {
    return ofTrace < first.length && first[ofTrace] != 0;
  }

  /** Adds spans of a trace. */
  void add(int ofTrace, int code, int moreSpans, int moreErrors) {
    int s = slot(ofTrace, code);
    if (slots[s] == 0) {
      slots[s] = ++size;
      put(ofTrace, code);
      if (size * 2 > slots.length) {
        grow();
      }
      spans[size - 1] = moreSpans;
      errors[size - 1] = moreErrors;
      return;
    }
    spans[slots[s] - 1] += moreSpans;
    errors[slots[s] - 1] += moreErrors;
  }

  /** Adds the spans of a trace of other counts. */
  void add(int ofTrace, ServiceCounts other, int otherTrace, int[] known) {
    for (int e = other.first[otherTrace] - 1; e >= 0; e = other.next[e] - 1) {
      int code = other.service[e];
      if (known[code] == 0) {
        known[code] = code(other.names.get(code)) + 1;
      }
      add(ofTrace, known[code] - 1, other.spans[e], other.errors[e]);
    }
  }

  /** Passes on the services of a trace. */
  void forEach(int ofTrace, TraceSummaries.ServiceConsumer to) {
    if (has(ofTrace)) {
      for (int e = first[ofTrace] - 1; e >= 0; e = next[e] - 1) {
        to.accept(names.get(service[e]), spans[e], errors[e]);
      }
    }
  }

  private void put(int ofTrace, int code) {
    if (ofTrace >= first.length) {
      first = Arrays.copyOf(first, Math.max(ofTrace + 1, Math.multiplyExact(first.length, 2)));
    }
    int e = size - 1;
    if (e == trace.length) {
      int room = Math.multiplyExact(e, 2);
      trace = Arrays.copyOf(trace, room);
      service = Arrays.copyOf(service, room);
      spans = Arrays.copyOf(spans, room);
      errors = Arrays.copyOf(errors, room);
      next = Arrays.copyOf(next, room);
    }
    trace[e] = ofTrace;
    service[e] = code;
    next[e] = first[ofTrace];
    first[ofTrace] = e + 1;
  }

  private int slot(int ofTrace, int code) {
    long x = ((long) ofTrace << 32 | code) * 0x9E3779B97F4A7C15L;
    x = (x ^ (x >>> 32)) * 0xD6E8FEB86659FD93L;
    int mask = slots.length - 1;
    int s = (int) (x >>> 33) & mask;
    while (slots[s] != 0 && (trace[slots[s] - 1] != ofTrace || service[slots[s] - 1] != code)) {
      s = (s + 1) & mask;
    }
    return s;
  }

  private void grow() {
    slots = new int[Math.multiplyExact(slots.length, 2)];
    for (int e = 0; e < size; e++) {
      slots[slot(trace[e], service[e])] = e + 1;
    }
  }
}
