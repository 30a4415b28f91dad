package dev.tethys.codec.remote;

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
public final class ExternalLabels {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record One(byte[] name, byte[] field) {}

  private final Labels labels;
  private final List<One> sorted = new ArrayList<>();

  public ExternalLabels(Labels labels) {
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

  public boolean isEmpty() {
    return sorted.isEmpty();
  }

  public Labels labels() {
    return labels;
  }

  /** Adds the external labels that a series does not have. */
  public void addTo(LabelsBuilder b) {
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
   * Merges these labels into the label fields of remote write 1.0.
   *
   * @return false if the fields are not sorted; the output is then unusable
   */
  public boolean merge(byte[] buf, int offset, int length, ProtoReader r, ProtoWriter out) {
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
        next++; // equal names: the series' own label takes precedence
      }
      out.raw(buf, start, end - start);
    }
    for (; next < sorted.size(); next++) {
      byte[] f = sorted.get(next).field;
      out.raw(f, 0, f.length);
    }
    return true;
  }

  /**
   * A request of 1.0 whose series have these labels, too.
   *
   * @throws dev.tethys.codec.CodecException if it is malformed
   */
  public byte[] addTo(byte[] buf, int offset, int length) {
    RequestSlices slices = new RequestSlices().reset(buf, offset, length);
    WriteRequestReader series = new WriteRequestReader();
    ProtoReader r = new ProtoReader();
    ProtoWriter fields = new ProtoWriter();
    ProtoWriter out = new ProtoWriter(length + (length >> 2) + 64);
    while (slices.next()) {
      int end = slices.offset() + slices.length();
      if (!slices.isSeries()) {
        out.raw(buf, slices.offset(), slices.length());
        continue;
      }
      series.reset(buf, slices.offset(), slices.length()).nextSeries();
      byte[] b = series.labelBuffer();
      int m = out.begin(1);
      if (b == buf && merge(b, series.labelOffset(), series.labelLength(), r, fields)) {
        int labelsEnd = series.labelOffset() + series.labelLength();
        out.raw(fields.buffer(), 0, fields.size());
        out.raw(buf, labelsEnd, end - labelsEnd);
      } else {
        LabelsBuilder l = new LabelsBuilder();
        r.reset(b, series.labelOffset(), series.labelLength());
        LabelCollector c = new LabelCollector();
        c.reset(b);
        while (r.next()) {
          WriteRequestReader.label(r, c);
        }
        c.any().toMap().forEach(l::set);
        addTo(l);
        WriteRequestWriter.writeLabels(out, 1, l.build());
        rest(buf, slices.offset(), end, r, out);
      }
      out.end(m);
    }
    return out.toByteArray();
  }

  /** Copies the fields of a series other than labels. */
  private static void rest(byte[] buf, int offset, int end, ProtoReader r, ProtoWriter out) {
    r.reset(buf, offset, end - offset).next();
    int outer = r.enter();
    while (r.next()) {
      int start = r.fieldStart();
      boolean label = r.field() == 1;
      r.skip();
      if (!label) {
        out.raw(buf, start, r.position() - start);
      }
    }
    r.leave(outer);
  }
}
