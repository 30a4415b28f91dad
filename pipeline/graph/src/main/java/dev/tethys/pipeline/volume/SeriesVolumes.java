package dev.tethys.pipeline.volume;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.pipeline.Rows;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Volumes of series in the encoding of remote write, by their labels. */
final class SeriesVolumes {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int SERIES = 1;
  private static final int LABEL = 1;
  private static final int SAMPLE = 2;
  private static final int HISTOGRAM = 4;

  private final List<VolumeAttribute> attributes;
  private final BatchVolumes out;
  private final byte[][][] names; // by attribute, in the order of preference
  private final boolean detailed;
  private final int[] rank;
  private final @Nullable String[] found;

  /**
   * Creates the volumes of one batch.
   *
   * @param detailed whether metric names and item attributes are read
   */
  SeriesVolumes(VolumePlan plan, boolean detailed) {
    attributes = plan.attributes;
    out = new BatchVolumes(attributes, detailed);
    this.detailed = detailed;
    names =
        attributes.stream()
            .map(
                a ->
                    a.labels().stream()
                        .map(l -> l.getBytes(StandardCharsets.UTF_8))
                        .toArray(byte[][]::new))
            .toArray(byte[][][]::new);
    rank = new int[names.length];
    found = new String[names.length];
  }

  /** Rows of a layout: one item per series; their bytes are divided by items. */
  BatchVolumes read(Rows rows) {
    rows.layout()
        .forEach(
            (buf, offset, length) -> {
              begin();
              ProtoLike at = new ProtoLike(buf, offset);
              while (at.position < offset + length) {
                int nameLength = at.varint();
                int name = at.position;
                at.position += nameLength;
                int valueLength = at.varint();
                label(buf, name, nameLength, at.position, valueLength);
                at.position += valueLength;
              }
              end(1, 0);
            });
    return out.complete(rows.layout().size(), -1);
  }

  /** Canonical bytes of labels: name and value, each with a length prefix. */
  private static final class ProtoLike {
    private final byte[] buf;
    private int position;

    ProtoLike(byte[] buf, int position) {
      this.buf = buf;
      this.position = position;
    }

    int varint() {
      int n = 0;
      int shift = 0;
      while (buf[position] < 0) {
        n |= (buf[position++] & 0x7f) << shift;
        shift += 7;
      }
      return n | buf[position++] << shift;
    }
  }

  BatchVolumes read(byte[] request) {
    ProtoReader r = new ProtoReader(request);
    long total = 0;
    while (r.next()) {
      if (r.field() != SERIES || r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      int from = r.fieldStart();
      int outer = r.enter();
      begin();
      int items = 0;
      while (r.next()) {
        if (r.field() == LABEL && r.wireType() == LENGTH) {
          int label = r.enter();
          label(r);
          r.leave(label);
        } else {
          items += r.field() == SAMPLE || r.field() == HISTOGRAM ? 1 : 0;
          r.skip();
        }
      }
      r.leave(outer);
      end(items, r.position() - from);
      total += items;
    }
    return out.complete(total, request.length);
  }

  private void label(ProtoReader r) {
    int name = 0;
    int nameLength = 0;
    int value = 0;
    int valueLength = 0;
    while (r.next()) {
      if (r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      int field = r.field();
      int n = r.readLength();
      if (field == 1) {
        name = r.position();
        nameLength = n;
      } else {
        value = r.position();
        valueLength = n;
      }
      r.position(r.position() + n);
    }
    label(r.buffer(), name, nameLength, value, valueLength);
  }

  private void begin() {
    Arrays.fill(rank, Integer.MAX_VALUE);
    Arrays.fill(found, null);
  }

  private void label(byte[] b, int name, int nameLength, int value, int valueLength) {
    for (int i = 0; i < names.length; i++) {
      byte[][] wanted = names[i];
      for (int k = 0; k < wanted.length && k < rank[i]; k++) {
        if (wanted[k].length == nameLength
            && Arrays.equals(wanted[k], 0, nameLength, b, name, name + nameLength)) {
          rank[i] = k;
          found[i] = VolumePlan.utf8(b, value, valueLength);
        }
      }
    }
  }

  private void end(long items, long bytes) {
    for (int i = 0; i < found.length; i++) {
      if (detailed || !attributes.get(i).isOfItems()) {
        out.add(i, found[i], items, bytes);
      }
    }
  }
}
