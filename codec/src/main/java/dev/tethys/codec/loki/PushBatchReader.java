package dev.tethys.codec.loki;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.guard.RequestMemory.Elements;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads push requests into the columns of a {@link LogBatch}, without an object for each entry.
 * Adds the labels of {@link StreamEnrichment}. Entries that cannot be read are refused by stream
 * and number, and the others are kept. Reused; Not thread-safe.
 */
public final class PushBatchReader {
  private static final int LABELS = 1;
  private static final int ENTRIES = 2;

  private final ProtoReader reader = new ProtoReader();
  private final ProtoReader first = new ProtoReader();

  /** Memory of an entry in the columns of a batch, which grow by doubling. */
  private static final int ROW_BYTES = 96;

  private byte[][] names = new byte[0][];
  private int[] nameIndexes = {};
  private long time;
  private boolean timeInRange;
  private final Elements rows = new Elements(ROW_BYTES);

  /**
   * Reads protobuf {@code logproto.PushRequest}, decompressed.
   *
   * @throws CodecException if the request is malformed
   */
  public void protobuf(byte[] buf, int offset, int length, LogBatch into, RejectedItems refusals) {
    names = new byte[0][];
    nameIndexes = new int[0];
    ProtoReader r = reader.reset(buf, offset, length);
    int number = 0;
    while (r.next()) {
      if (r.field() == 1) {
        int outer = r.enter();
        stream(r, ++number, into, refusals);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    rows.end();
  }

  private void stream(ProtoReader r, int number, LogBatch into, RejectedItems refusals) {
    String text = labels(r);
    Labels labels;
    try {
      labels = StreamEnrichment.withService(labels(text));
    } catch (CodecException e) {
      refuseAll(r, number, text, String.valueOf(e.getMessage()), refusals);
      return;
    }
    String level = StreamEnrichment.levelOf(labels);
    int stream = -1;
    int entries = 0;
    while (r.next()) {
      if (r.field() != ENTRIES) {
        r.skip();
        continue;
      }
      entries++;
      rows.add();
      int outer = r.enter();
      if (stream < 0) {
        stream = into.stream(labels);
      }
      int rows = into.rows;
      entry(r, stream, into);
      r.leave(outer);
      if (timeInRange) {
        StreamEnrichment.addLevel(into, level);
      } else {
        into.rows = rows;
        into.pairs = into.pairStarts[rows];
        refusals.add(entries, name(number, text, entries), PushReader.TIME_OUT_OF_RANGE);
      }
    }
  }

  /** Labels of the stream that the reader is in; they may follow its entries. */
  private String labels(ProtoReader r) {
    ProtoReader ahead = first.reset(r.buffer(), r.position(), r.limit() - r.position());
    String text = "{}";
    while (ahead.next()) {
      if (ahead.field() == LABELS) {
        text = ahead.readString();
        if (text.length() > 2) {
          return text;
        }
      } else {
        ahead.skip();
      }
    }
    return text;
  }

  private static Labels labels(String text) {
    Attributes a = new Attributes();
    StreamLabels.read(text, a);
    return labels(a);
  }

  private static Labels labels(Attributes attributes) {
    LabelsBuilder b = new LabelsBuilder();
    attributes.forEach((k, v) -> b.set(legalName(k), String.valueOf(v)));
    Labels labels = b.build();
    if (labels.isEmpty()) {
      throw new CodecException("at least one label pair is required per stream");
    }
    return labels;
  }

  /** The name, which queries can only select if it is one of LogQL. */
  private static String legalName(String name) {
    if (!LabelNames.isLegacyLabelName(name)) {
      throw new CodecException(
          "invalid label name '"
              + name
              + "': it must be letters, digits and underscores, and begin with no digit");
    }
    return name;
  }

  private static void refuseAll(
      ProtoReader r, int number, String text, String reason, RejectedItems refusals) {
    int entries = 0;
    while (r.next()) {
      if (r.field() == ENTRIES) {
        entries++;
        refusals.add(entries, name(number, text, entries), reason);
      }
      r.skip();
    }
    if (entries == 0) {
      refusals.add(1, name(number, text, 1), reason);
    }
  }

  private static String name(int number, String text, int entry) {
    return PushReader.name(number, text, entry);
  }

  private void entry(ProtoReader r, int stream, LogBatch into) {
    time = 0;
    timeInRange = true;
    int start = r.position();
    int body = start;
    int length = 0;
    boolean pairs = false;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          int outer = r.enter();
          timestamp(r);
          r.leave(outer);
        }
        case 2 -> {
          length = r.readLength();
          body = r.position();
          r.position(body + length);
        }
        case 3 -> {
          pairs = true;
          r.skip();
        }
        default -> r.skip();
      }
    }
    into.add(time, stream, r.buffer(), body, length);
    if (pairs) {
      ProtoReader again = first.reset(r.buffer(), start, r.limit() - start);
      while (again.next()) {
        if (again.field() == 3) {
          int outer = again.enter();
          pair(again, into);
          again.leave(outer);
        } else {
          again.skip();
        }
      }
    }
  }

  private void timestamp(ProtoReader r) {
    long seconds = 0;
    long nanos = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> seconds = r.readLong();
        case 2 -> nanos = r.readLong();
        default -> r.skip();
      }
    }
    long high = Math.multiplyHigh(seconds, 1_000_000_000L);
    long low = seconds * 1_000_000_000L;
    long sum = low + nanos;
    timeInRange = high == (low >> 63) && ((low ^ sum) & (nanos ^ sum)) >= 0;
    time = sum;
  }

  private void pair(ProtoReader r, LogBatch into) {
    int nameAt = 0;
    int nameLength = 0;
    int valueAt = 0;
    int valueLength = 0;
    while (r.next()) {
      switch (r.field()) {
        case 1 -> {
          nameLength = r.readLength();
          nameAt = r.position();
          r.position(nameAt + nameLength);
        }
        case 2 -> {
          valueLength = r.readLength();
          valueAt = r.position();
          r.position(valueAt + valueLength);
        }
        default -> r.skip();
      }
    }
    into.setMetadata(
        nameIndex(r.buffer(), nameAt, nameLength, into), r.buffer(), valueAt, valueLength);
  }

  /** Index of a name in the batch; names of a request are few, and repeat. */
  private int nameIndex(byte[] buf, int offset, int length, LogBatch into) {
    for (int i = 0; i < names.length; i++) {
      byte[] n = names[i];
      if (n.length == length && Arrays.equals(n, 0, length, buf, offset, offset + length)) {
        return nameIndexes[i];
      }
    }
    int index = into.name(new String(buf, offset, length, StandardCharsets.UTF_8));
    if (names.length < MAX_KEPT_NAMES) {
      names = Arrays.copyOf(names, names.length + 1);
      nameIndexes = Arrays.copyOf(nameIndexes, names.length);
      names[names.length - 1] = Arrays.copyOfRange(buf, offset, offset + length);
      nameIndexes[names.length - 1] = index;
    }
    return index;
  }

  private static final int MAX_KEPT_NAMES = 64;

  /** Reads JSON as {@link PushReader#json} does. */
  public void json(byte[] buf, int offset, int length, LogBatch into, RejectedItems refusals) {
    add(PushReader.json(buf, offset, length, refusals).logs(), into, refusals);
  }

  private static void add(LogsData logs, LogBatch into, RejectedItems refusals) {
    for (ResourceGroup<LogRecord> group : logs.resources()) {
      Attributes attributes = group.resource().attributes();
      Labels labels;
      try {
        labels = StreamEnrichment.withService(labels(attributes));
      } catch (CodecException e) {
        for (ScopeGroup<LogRecord> s : group.scopes()) {
          for (int i = 1; i <= s.items().size(); i++) {
            refusals.add(i, StreamLabels.write(attributes), String.valueOf(e.getMessage()));
          }
        }
        continue;
      }
      String level = StreamEnrichment.levelOf(labels);
      int stream = into.stream(labels);
      for (ScopeGroup<LogRecord> s : group.scopes()) {
        for (LogRecord record : s.items()) {
          byte[] body = String.valueOf(record.body()).getBytes(StandardCharsets.UTF_8);
          into.add(record.timeUnixNano(), stream, body, 0, body.length);
          record
              .attributes()
              .forEach(
                  (k, v) -> {
                    byte[] value = String.valueOf(v).getBytes(StandardCharsets.UTF_8);
                    into.setMetadata(into.name(k), value, 0, value.length);
                  });
          StreamEnrichment.addLevel(into, level);
        }
      }
    }
  }
}
