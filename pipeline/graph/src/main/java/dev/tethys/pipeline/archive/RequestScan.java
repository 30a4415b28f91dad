package dev.tethys.pipeline.archive;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.pipeline.Signal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads times and resource attributes of an OTLP request without decoding it. */
final class RequestScan {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int FIXED64 = ProtoReader.FIXED64;

  private final Signal signal;
  private final List<String> keys;
  private final byte[][] keyBytes; // the mark of replays is the last
  private final List<List<String>> values = new ArrayList<>();
  private final boolean[] more;
  private boolean replayed;
  private long min;
  private long max;
  private final ProtoReader r = new ProtoReader();

  RequestScan(Signal signal, List<String> keys) {
    this.signal = signal;
    this.keys = keys;
    keyBytes = new byte[keys.size() + 1][];
    for (int i = 0; i < keys.size(); i++) {
      keyBytes[i] = keys.get(i).getBytes(StandardCharsets.UTF_8);
      values.add(new ArrayList<>());
    }
    keyBytes[keys.size()] = Archive.REPLAY_ATTRIBUTE.getBytes(StandardCharsets.UTF_8);
    more = new boolean[keys.size()];
  }

  void read(byte[] body) {
    r.reset(body, 0, body.length);
    while (r.next()) {
      if (r.field() == 1 && r.wireType() == LENGTH) { // resources
        int outer = r.enter();
        group();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  long minNanos() {
    return min;
  }

  long maxNanos() {
    return max;
  }

  /** Whether a resource has the mark of a replay. */
  boolean isReplayed() {
    return replayed;
  }

  Map<String, RequestSummary.Values> values() {
    Map<String, RequestSummary.Values> out = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      out.put(keys.get(i), new RequestSummary.Values(values.get(i), more[i]));
    }
    return out;
  }

  private void group() {
    while (r.next()) {
      if (r.wireType() == LENGTH && (r.field() == 1 || r.field() == 2)) {
        boolean resource = r.field() == 1;
        int outer = r.enter();
        if (resource) {
          resource();
        } else {
          scope();
        }
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  private void resource() {
    while (r.next()) {
      if (r.field() == 1 && r.wireType() == LENGTH) {
        attribute();
      } else {
        r.skip();
      }
    }
  }

  private void attribute() {
    int outer = r.enter();
    int end = r.limit();
    int at = -1;
    while (r.next()) {
      if (r.field() == 1 && r.wireType() == LENGTH) {
        int n = r.readLength();
        at = indexOf(r.position(), n);
        if (at < 0) {
          break;
        }
        r.position(r.position() + n);
      } else if (r.field() == 2 && r.wireType() == LENGTH && at >= 0) {
        int value = r.enter();
        value(at);
        r.leave(value);
      } else {
        r.skip();
      }
    }
    r.position(end);
    r.leave(outer);
  }

  private int indexOf(int from, int length) {
    for (int i = 0; i < keyBytes.length; i++) {
      if (Arrays.equals(keyBytes[i], 0, keyBytes[i].length, r.buffer(), from, from + length)) {
        return i;
      }
    }
    return -1;
  }

  /** Scans a value: strings are listed, for other types only that there is a value. */
  private void value(int at) {
    boolean mark = at == keys.size();
    replayed |= mark;
    while (r.next()) {
      if (mark || r.field() != 1 || r.wireType() != LENGTH) {
        if (!mark) {
          more[at] = true;
        }
        r.skip();
        continue;
      }
      String text = r.readString();
      List<String> known = values.get(at);
      if (text.length() > RequestSummary.MAX_LENGTH) {
        more[at] = true;
      } else if (!known.contains(text)) {
        if (known.size() < RequestSummary.MAX_VALUES) {
          known.add(text);
        } else {
          more[at] = true;
        }
      }
    }
  }

  private void scope() {
    while (r.next()) {
      if (r.field() != 2 || r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      switch (signal) {
        case LOGS -> log();
        case TRACES -> time(7);
        case METRICS -> metric();
        case PROFILES -> time(3);
      }
      r.leave(outer);
    }
  }

  private void log() {
    long time = 0;
    long observed = 0;
    while (r.next()) {
      if (r.wireType() == FIXED64 && r.field() == 1) {
        time = r.readFixed64();
      } else if (r.wireType() == FIXED64 && r.field() == 11) {
        observed = r.readFixed64();
      } else {
        r.skip();
      }
    }
    add(time == 0 ? observed : time);
  }

  private void time(int field) {
    while (r.next()) {
      if (r.wireType() == FIXED64 && r.field() == field) {
        add(r.readFixed64());
      } else {
        r.skip();
      }
    }
  }

  private void metric() {
    while (r.next()) {
      int field = r.field();
      if (r.wireType() == LENGTH
          && (field == 5 || field == 7 || field == 9 || field == 10 || field == 11)) {
        int data = r.enter();
        while (r.next()) {
          if (r.field() == 1 && r.wireType() == LENGTH) {
            int point = r.enter();
            time(3);
            r.leave(point);
          } else {
            r.skip();
          }
        }
        r.leave(data);
      } else {
        r.skip();
      }
    }
  }

  private void add(long nanos) {
    if (nanos > 0) {
      min = min == 0 ? nanos : Math.min(min, nanos);
      max = Math.max(max, nanos);
    }
  }
}
