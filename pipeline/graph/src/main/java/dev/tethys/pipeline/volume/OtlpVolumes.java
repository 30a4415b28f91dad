package dev.tethys.pipeline.volume;

import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.pipeline.Signal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Volumes of an OTLP request, read without decoding it: only the fields of an item up to the needed
 * one are scanned. For one request.
 */
final class OtlpVolumes {
  private static final int LENGTH = ProtoReader.LENGTH;

  // fields of OTLP
  private static final int RESOURCES = 1;
  private static final int RESOURCE = 1;
  private static final int INNER = 2;
  private static final int ATTRIBUTES = 1;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int STRING = 1;
  private static final int SEVERITY_NUMBER = 2;
  private static final int LOG_ATTRIBUTES = 6;
  private static final int SPAN_ATTRIBUTES = 9;
  private static final int METRIC_NAME = 1;
  private static final int POINT = 1;
  private static final int SAMPLE = 2;
  private static final int SEVERITIES = 25;
  private static final int TIME_TAG = 1 << 3 | ProtoReader.FIXED64;
  private static final int NUMBER_TAG = SEVERITY_NUMBER << 3 | ProtoReader.VARINT;

  private static final int RECORD_TAG = INNER << 3 | LENGTH;
  private static final int SCOPE_TAG = RESOURCE << 3 | LENGTH;

  /** Maximum size of a record's header with a two-byte length. */
  private static final int RECORD_HEAD = 3;

  /** Offset of the severity number in a record that starts with its time. */
  private static final int NUMBER_AT = 10;

  private final Signal signal;
  private final List<VolumeAttribute> attributes;
  private final BatchVolumes out;
  private final byte[][] keys;
  private final RecentTexts texts;
  private final @Nullable String[] found;
  private final int severity; // index of the attribute, -1 for none
  private final int metric;
  private final boolean ofItems; // whether attributes of items count
  private final boolean detailed;
  private boolean items; // whether attributes of items are read
  private final ProtoReader r = new ProtoReader();
  private final long[] severityItems = new long[SEVERITIES];
  private final long[] severityBytes = new long[SEVERITIES];
  private boolean names; // whether names of metrics are read
  private long total;

  OtlpVolumes(VolumePlan plan, Signal signal, boolean detailed) {
    this.signal = signal;
    attributes = plan.attributes;
    this.detailed = detailed;
    out = new BatchVolumes(attributes, detailed);
    keys = plan.keys;
    texts = plan.texts;
    found = new String[attributes.size()];
    severity = signal == Signal.LOGS ? index(VolumeAttribute.Source.SEVERITY) : -1;
    metric = signal == Signal.METRICS ? index(VolumeAttribute.Source.METRIC) : -1;
    ofItems = signal != Signal.PROFILES && index(VolumeAttribute.Source.ITEM) >= 0;
  }

  private int index(VolumeAttribute.Source s) {
    for (int i = 0; i < attributes.size(); i++) {
      if (attributes.get(i).source() == s) {
        return i;
      }
    }
    return -1;
  }

  BatchVolumes read(byte[] body) {
    r.reset(body, 0, body.length);
    names = metric >= 0;
    items = ofItems;
    if (!detailed && (names || items)) {
      boolean large = OtlpScanner.count(signal.otlp(), body, 0, body.length) > BatchVolumes.MANY;
      names &= !large;
      items &= !large;
    }
    while (r.next()) {
      if (r.field() == RESOURCES && r.wireType() == LENGTH) {
        int from = r.fieldStart();
        int outer = r.enter();
        long n = group();
        r.leave(outer);
        end(n, r.position() - from);
      } else {
        r.skip();
      }
    }
    if (severity >= 0) {
      for (int s = 0; s < SEVERITIES; s++) {
        if (severityItems[s] > 0) {
          out.add(severity, VolumePlan.severity(s), severityItems[s], severityBytes[s]);
        }
      }
    }
    return out.complete(total, body.length);
  }

  /** Counts a resource, whose attributes may follow its items. */
  private void end(long n, long bytes) {
    total += n;
    for (int i = 0; i < found.length; i++) {
      if (attributes.get(i).source() == VolumeAttribute.Source.RESOURCE) {
        out.add(i, found[i], n, bytes);
        found[i] = null;
      }
    }
  }

  private long group() {
    long n = 0;
    while (r.next()) {
      if (r.wireType() != LENGTH) {
        r.skip();
      } else if (r.field() == RESOURCE) {
        int outer = r.enter();
        attributes(ATTRIBUTES, VolumeAttribute.Source.RESOURCE);
        r.leave(outer);
      } else if (r.field() == INNER) {
        int outer = r.enter();
        n += scope();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    return n;
  }

  private long scope() {
    long n = signal == Signal.LOGS && severity >= 0 && !items ? plainLogs() : 0;
    while (r.next()) {
      if (r.field() != INNER || r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      int from = r.fieldStart();
      switch (signal) {
        case LOGS -> {
          log(from);
          n++;
        }
        case TRACES -> {
          span(from);
          n++;
        }
        case METRICS -> n += metric(from);
        case PROFILES -> n += samples();
      }
    }
    return n;
  }

  /**
   * Counts log records with the usual layout up to the first other one, where the reader then is:
   * without state per field this loop costs a fraction.
   */
  private long plainLogs() {
    byte[] b = r.buffer();
    int limit = r.limit();
    int p = r.position();
    long n = 0;
    while (limit - p > RECORD_HEAD + NUMBER_AT) {
      if (b[p] != RECORD_TAG) {
        if (b[p] != SCOPE_TAG || b[p + 1] < 0 || limit - p - 2 < b[p + 1]) {
          break;
        }
        p += 2 + b[p + 1]; // the short name of a scope
        continue;
      }
      int length = b[p + 1];
      int at = p + 2;
      if (length < 0) {
        length = length & 0x7f | b[p + 2] << 7;
        at++;
      }
      // A third byte of the length makes it negative.
      if (length <= NUMBER_AT
          || length > limit - at
          || b[at] != TIME_TAG
          || b[at + NUMBER_AT - 1] != NUMBER_TAG
          || b[at + NUMBER_AT] < 0) {
        break;
      }
      int s = b[at + NUMBER_AT];
      s = s >= SEVERITIES ? 0 : s;
      severityItems[s]++;
      severityBytes[s] += at + length - p;
      p = at + length;
      n++;
    }
    r.position(p);
    return n;
  }

  private void log(int from) {
    if (severity < 0 && !items) {
      r.skip();
      return;
    }
    int outer = r.enter();
    int number = items ? numberAndAttributes() : number();
    r.leave(outer);
    int bytes = r.position() - from;
    if (severity >= 0) {
      int s = number < 0 || number >= SEVERITIES ? 0 : number;
      severityItems[s]++;
      severityBytes[s] += bytes;
    }
    endItem(bytes);
  }

  /**
   * Returns the severity number of a log record. Writers order fields by number, so it mostly
   * follows the time.
   */
  private int number() {
    byte[] b = r.buffer();
    int p = r.position();
    if (r.limit() - p > NUMBER_AT && b[p] == TIME_TAG && b[p + NUMBER_AT - 1] == NUMBER_TAG) {
      int number = b[p + NUMBER_AT];
      if (number >= 0) {
        return number;
      }
    }
    while (r.next()) {
      if (r.field() == SEVERITY_NUMBER && r.wireType() == ProtoReader.VARINT) {
        return r.readInt();
      }
      r.skip();
    }
    return 0;
  }

  private int numberAndAttributes() {
    int number = 0;
    while (r.next()) {
      if (r.field() == SEVERITY_NUMBER && r.wireType() == ProtoReader.VARINT) {
        number = r.readInt();
      } else if (r.field() == LOG_ATTRIBUTES && r.wireType() == LENGTH) {
        attribute(VolumeAttribute.Source.ITEM);
      } else {
        r.skip();
      }
    }
    return number;
  }

  private void span(int from) {
    if (!items) {
      r.skip();
      return;
    }
    int outer = r.enter();
    attributes(SPAN_ATTRIBUTES, VolumeAttribute.Source.ITEM);
    r.leave(outer);
    endItem(r.position() - from);
  }

  private void endItem(int bytes) {
    if (!items) {
      return;
    }
    for (int i = 0; i < found.length; i++) {
      if (attributes.get(i).source() == VolumeAttribute.Source.ITEM) {
        out.add(i, found[i], 1, bytes);
        found[i] = null;
      }
    }
  }

  private long metric(int from) {
    int outer = r.enter();
    String name = null;
    long n = 0;
    while (r.next()) {
      if (r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      int field = r.field();
      if (field == METRIC_NAME && names) {
        name = r.readString();
      } else if (field == 5 || field == 7 || field == 9 || field == 10 || field == 11) {
        int data = r.enter();
        n += points(field);
        r.leave(data);
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    if (names) {
      out.add(metric, name, n, r.position() - from);
    }
    return n;
  }

  /**
   * Points of a kind of data.
   *
   * @param data field of the metric: 5 gauge, 7 sum, 9 histogram, 10 exponential, 11 summary
   */
  private long points(int data) {
    int field = data == 9 ? 9 : data == 10 ? 1 : 7;
    long n = 0;
    while (r.next()) {
      if (r.field() != POINT || r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      n++;
      if (items) {
        int from = r.fieldStart();
        int outer = r.enter();
        attributes(field, VolumeAttribute.Source.ITEM);
        r.leave(outer);
        endItem(r.position() - from);
      } else {
        r.skip();
      }
    }
    return n;
  }

  private long samples() {
    int outer = r.enter();
    long n = 0;
    while (r.next()) {
      n += r.field() == SAMPLE && r.wireType() == LENGTH ? 1 : 0;
      r.skip();
    }
    r.leave(outer);
    return n;
  }

  private void attributes(int field, VolumeAttribute.Source source) {
    while (r.next()) {
      if (r.field() == field && r.wireType() == LENGTH) {
        attribute(source);
      } else {
        r.skip();
      }
    }
  }

  /** Reads the value of a relevant KeyValue; its key precedes its value. */
  private void attribute(VolumeAttribute.Source source) {
    int outer = r.enter();
    int end = r.limit();
    int at = -1;
    while (r.next()) {
      if (r.field() == KEY && r.wireType() == LENGTH) {
        int n = r.readLength();
        at = attributeOf(source, r.position(), n);
        if (at < 0) {
          break;
        }
        r.position(r.position() + n);
      } else if (r.field() == VALUE && r.wireType() == LENGTH && at >= 0) {
        int value = r.enter();
        found[at] = value();
        r.leave(value);
      } else {
        r.skip();
      }
    }
    r.position(end);
    r.leave(outer);
  }

  private int attributeOf(VolumeAttribute.Source source, int from, int length) {
    for (int i = 0; i < keys.length; i++) {
      if (attributes.get(i).source() == source
          && keys[i].length == length
          && Arrays.equals(keys[i], 0, length, r.buffer(), from, from + length)) {
        return i;
      }
    }
    return -1;
  }

  /** Returns the text of a scalar value; for lists and maps, only their type. */
  private String value() {
    String text = "";
    while (r.next()) {
      switch (r.field()) {
        case STRING -> {
          int n = r.readLength();
          text = texts.of(r.buffer(), r.position(), n);
          r.position(r.position() + n);
        }
        case 2 -> text = Boolean.toString(r.readBool());
        case 3 -> text = Long.toString(r.readLong());
        case 4 -> text = Double.toString(r.readDouble());
        case 5, 6 -> {
          text = "(structured)";
          r.skip();
        }
        default -> r.skip();
      }
    }
    return text;
  }
}
