package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.OpenProfile.ValueType;
import dev.tethys.model.telemetry.OpenSample;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfileDictionary;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Opens profiles of a request to be edited and closes them again. All are opened and edited before
 * the first is closed, since they share the entries added to their dictionary. Not thread-safe.
 */
public final class ProfileEditor {
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED64 = ProtoReader.FIXED64;
  private static final int LENGTH = ProtoReader.LENGTH;

  private final Map<ProfileDictionary, OpenDictionary> opened = new IdentityHashMap<>();
  private final Map<OpenDictionary, ProfileDictionary> closed = new IdentityHashMap<>();
  private final NameCache names = new NameCache();

  /** Opens a copy of a profile, which stays unchanged. */
  public OpenProfile open(Profile p) {
    OpenDictionary terms = opened.computeIfAbsent(p.dictionary(), OpenDictionary::new);
    FieldReader f = new FieldReader(names, p.buffer(), p.offset(), p.length());
    ProtoReader r = f.r;
    OpenProfile out = new OpenProfile(terms);
    Numbers attributes = new Numbers();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> out.setSampleType(valueType(r));
        case 2 << 3 | LENGTH -> {
          int outer = r.enter();
          out.samples().add(sample(f, terms));
          r.leave(outer);
        }
        case 3 << 3 | FIXED64 -> out.setTimeUnixNano(r.readFixed64());
        case 4 << 3 | VARINT -> out.setDurationNano(r.readLong());
        case 5 << 3 | LENGTH -> out.setPeriodType(valueType(r));
        case 6 << 3 | VARINT -> out.setPeriod(r.readLong());
        case 7 << 3 | LENGTH -> {
          int id = f.traceId();
          out.setId(f.high(id), f.low(id));
        }
        case 8 << 3 | VARINT -> out.setDroppedAttributesCount(r.readInt());
        case 9 << 3 | LENGTH -> out.setOriginalPayloadFormat(f.name());
        case 10 << 3 | LENGTH -> out.setOriginalPayload(r.readBytes());
        case 11 << 3 | LENGTH, 11 << 3 | VARINT -> attributes.readVarints(r);
        default -> f.unknown(out);
      }
    }
    out.setAttributeIndices(attributes.ints());
    return out;
  }

  /** Writes a profile after all edits of all profiles. */
  public Profile close(OpenProfile p) {
    OpenDictionary terms = (OpenDictionary) p.terms();
    ProtoWriter w = new ProtoWriter();
    FieldWriter f = new FieldWriter(w);
    valueType(w, 1, p.sampleType());
    for (OpenSample s : p.samples()) {
      int m = w.begin(2);
      sample(w, f, s);
      w.end(m);
    }
    f.fixed64(3, p.timeUnixNano());
    w.int64Unless0(4, p.durationNano());
    valueType(w, 5, p.periodType());
    w.int64Unless0(6, p.period());
    f.traceId(7, p.idHigh(), p.idLow());
    f.uint32(8, p.droppedAttributesCount());
    w.stringUnlessEmpty(9, p.originalPayloadFormat());
    if (p.originalPayload().length > 0) {
      w.bytes(10, p.originalPayload());
    }
    indices(w, 11, p.attributeIndices());
    f.unknown(p);
    byte[] message = w.toByteArray();
    return new Profile(
        closed.computeIfAbsent(terms, OpenDictionary::closed),
        message,
        0,
        message.length,
        p.samples().size());
  }

  private static ValueType valueType(ProtoReader r) {
    int type = 0;
    int unit = 0;
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | VARINT -> type = r.readInt();
        case 2 << 3 | VARINT -> unit = r.readInt();
        default -> r.skip();
      }
    }
    r.leave(outer);
    return new ValueType(type, unit);
  }

  private static void valueType(ProtoWriter w, int field, ValueType t) {
    if (!t.equals(ValueType.NONE)) {
      int m = w.begin(field);
      w.int64Unless0(1, t.type()).int64Unless0(2, t.unit());
      w.end(m);
    }
  }

  private static OpenSample sample(FieldReader f, OpenDictionary terms) {
    ProtoReader r = f.r;
    OpenSample s = new OpenSample(terms);
    Numbers attributes = new Numbers();
    Numbers values = new Numbers();
    Numbers times = new Numbers();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | VARINT -> s.setStackIndex(r.readInt());
        case 2 << 3 | LENGTH, 2 << 3 | VARINT -> attributes.readVarints(r);
        case 3 << 3 | VARINT -> s.setLinkIndex(r.readInt());
        case 4 << 3 | LENGTH, 4 << 3 | VARINT -> values.readVarints(r);
        case 5 << 3 | LENGTH, 5 << 3 | FIXED64 -> times.readFixed(r);
        default -> f.unknown(s);
      }
    }
    s.setAttributeIndices(attributes.ints());
    s.setValues(values.longs());
    s.setTimestampsUnixNano(times.longs());
    return s;
  }

  private static void sample(ProtoWriter w, FieldWriter f, OpenSample s) {
    w.int64Unless0(1, s.stackIndex());
    indices(w, 2, s.attributeIndices());
    w.int64Unless0(3, s.linkIndex());
    if (s.values().length > 0) {
      int m = w.begin(4);
      for (long v : s.values()) {
        w.varint(v);
      }
      w.end(m);
    }
    if (s.timestampsUnixNano().length > 0) {
      int m = w.begin(5);
      for (long v : s.timestampsUnixNano()) {
        w.rawFixed64(v);
      }
      w.end(m);
    }
    f.unknown(s);
  }

  private static void indices(ProtoWriter w, int field, int[] indices) {
    if (indices.length > 0) {
      int m = w.begin(field);
      for (int i : indices) {
        w.varint(i);
      }
      w.end(m);
    }
  }

  /** Numbers of a repeated field, which may be split into several fields. */
  private static final class Numbers {
    private static final long[] NONE = {};

    private long[] all = NONE;
    private int size;

    void readVarints(ProtoReader r) {
      for (int outer = r.beginRepeated(VARINT); r.moreRepeated(outer); ) {
        add(r.readVarint());
      }
    }

    void readFixed(ProtoReader r) {
      for (int outer = r.beginRepeated(FIXED64); r.moreRepeated(outer); ) {
        add(r.rawFixed64());
      }
    }

    private void add(long v) {
      if (size == all.length) {
        all = Arrays.copyOf(all, Math.max(4, 2 * size));
      }
      all[size++] = v;
    }

    long[] longs() {
      return Arrays.copyOf(all, size);
    }

    int[] ints() {
      int[] out = new int[size];
      for (int i = 0; i < size; i++) {
        out[i] = (int) all[i];
      }
      return out;
    }
  }
}
