package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Labels of this process that are added to series which do not have them, byte by byte where the
 * series' labels are sorted, as they nearly always are.
 */
final class ExternalLabels {
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record One(byte[] name, byte[] field) {}

  private final Labels labels;
  private final List<One> sorted = new ArrayList<>();

  ExternalLabels(Labels labels) {
    this.labels = labels;
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          ProtoWriter w = new ProtoWriter();
          int m = w.begin(1);
          w.bytes(1, b, no, nl);
          w.bytes(2, b, vo, vl);
          w.end(m);
          sorted.add(new One(Arrays.copyOfRange(b, no, no + nl), w.toByteArray()));
        });
  }

  boolean isEmpty() {
    return sorted.isEmpty();
  }

  Labels labels() {
    return labels;
  }

  void addTo(LabelsBuilder b) {
    labels
        .toMap()
        .forEach(
            (name, value) -> {
              if (b.get(name).isEmpty()) {
                b.set(name, value);
              }
            });
  }

  /**
   * Writes label fields of remote write 1.0 with these among them.
   *
   * @return false when they are not sorted; what was written then means nothing
   */
  boolean merge(byte[] buf, int offset, int length, ProtoReader r, ProtoWriter out) {
    out.clear();
    r.reset(buf, offset, length);
    int next = 0;
    int lastAt = 0;
    int lastLength = 0;
    while (r.next()) {
      int start = r.fieldStart();
      if (r.field() != 1) {
        return false;
      }
      int outer = r.enter();
      if (!r.next() || r.field() != 1) {
        return false;
      }
      int nl = r.readLength();
      int no = r.position();
      int end = r.limit();
      r.position(end);
      r.leave(outer);
      if (Arrays.compareUnsigned(buf, lastAt, lastAt + lastLength, buf, no, no + nl) >= 0
          && lastLength > 0) {
        return false;
      }
      lastAt = no;
      lastLength = nl;
      while (next < sorted.size()) {
        One o = sorted.get(next);
        int c = Arrays.compareUnsigned(o.name, 0, o.name.length, buf, no, no + nl);
        if (c > 0) {
          break;
        }
        if (c < 0) {
          out.raw(o.field, 0, o.field.length);
        }
        next++; // an equal one: the series' own goes before
      }
      out.raw(buf, start, end - start);
    }
    for (; next < sorted.size(); next++) {
      byte[] f = sorted.get(next).field;
      out.raw(f, 0, f.length);
    }
    return true;
  }
}
