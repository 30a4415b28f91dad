package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Labels;
import dev.tethys.model.profiles.ProfileBatch;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.Samples;
import dev.tethys.model.profiles.StackMerge;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads OTLP profiles into a {@link ProfileBatch}. Attributes of the resource are labels of the
 * series. As in Pyroscope, text attributes of samples are labels too: samples that differ in them
 * are profiles of different series. Samples keep all attributes. Values of one sample are added up;
 * a sample with timestamps alone counts 1 for each. As in Pyroscope, samples with a negative value
 * are dropped.
 */
public final class ProfileBatchReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final String NAME = Labels.METRIC_NAME;

  /** Attributes of samples that would make a series for each thread, profile or request. */
  private static final Set<String> NOT_LABELS =
      Set.of(
          StackMerge.SPAN_ID,
          StackMerge.TRACE_ID,
          StackMerge.PROFILE_ID,
          "thread.name",
          "thread.id",
          "thread_name",
          "thread_id",
          "process.executable.build_id.htlhash");

  private final ProfileBatch batch = new ProfileBatch();
  private final Map<Object, DictionaryTables> dictionaries = new HashMap<>();
  private final long now;

  private ProfileBatchReader(long now) {
    this.now = now;
  }

  /**
   * Reads a request.
   *
   * @param now time of profiles that have none, Unix nanoseconds
   * @throws CodecException if a profile refers to an entry that the dictionary does not have
   */
  public static ProfileBatch read(ProfilesData data, long now) {
    ProfileBatchReader reader = new ProfileBatchReader(now);
    for (ResourceGroup<Profile> resource : data.resources()) {
      Map<String, String> labels = new LinkedHashMap<>();
      resource.resource().attributes().forEach((k, v) -> labels.put(k, String.valueOf(v)));
      for (ScopeGroup<Profile> scope : resource.scopes()) {
        for (Profile p : scope.items()) {
          reader.profile(p, labels);
        }
      }
    }
    return reader.batch;
  }

  /** Fields of a profile before its samples. */
  private static final class Head {
    String type = "";
    String unit = "";
    String periodType = "";
    String periodUnit = "";
    long time;
    long duration;
    long period;
    int meta;
    String name = "";
    final Map<String, String> labels = new TreeMap<>();
  }

  private void profile(Profile p, Map<String, String> labels) {
    DictionaryTables d =
        dictionaries.computeIfAbsent(
            p.dictionary(), _ -> new DictionaryTables(p.dictionary().message(), batch.symbols));
    ProtoReader r = new ProtoReader().reset(p.buffer(), p.offset(), p.length());
    Head head = head(r, d);
    r.reset(p.buffer(), p.offset(), p.length());
    Map<Map<String, String>, Samples> groups = new LinkedHashMap<>();
    while (r.next()) {
      if (r.tag() == (2 << 3 | LENGTH)) {
        int outer = r.enter();
        sample(r, d, groups);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
    if (groups.isEmpty()) {
      groups.put(Map.of(), new Samples());
    }
    ProfileLabels.Type type =
        new ProfileLabels.Type(head.name, head.type, head.unit, head.periodType, head.periodUnit);
    groups.forEach(
        (own, samples) -> {
          Map<String, String> all = new LinkedHashMap<>(labels);
          all.putAll(head.labels);
          all.putAll(own);
          samples.normalize();
          batch.rows.add(
              batch.series(ProfileLabels.series(all, type)),
              head.time == 0 ? now : head.time,
              head.duration,
              head.period,
              head.meta,
              samples);
        });
  }

  private Head head(ProtoReader r, DictionaryTables d) {
    Head h = new Head();
    DictionaryTables.Set set = d.set();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          long[] t = valueType(r);
          h.type = d.text(t[1]);
          h.unit = d.text(t[2]);
        }
        case 3 << 3 | ProtoReader.FIXED64 -> h.time = r.readFixed64();
        case 4 << 3 -> h.duration = r.readLong();
        case 5 << 3 | LENGTH -> {
          long[] t = valueType(r);
          h.periodType = d.text(t[1]);
          h.periodUnit = d.text(t[2]);
        }
        case 6 << 3 -> h.period = r.readLong();
        case 11 << 3, 11 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            d.attribute(r.readVarint(), set);
          }
        }
        default -> r.skip();
      }
    }
    h.name = set.texts().getOrDefault(NAME, "");
    set.texts()
        .forEach(
            (k, v) -> {
              if (!k.startsWith("pprof.") && !k.equals(NAME)) {
                h.labels.put(k, v);
              }
            });
    h.meta = set.index();
    return h;
  }

  private static long[] valueType(ProtoReader r) {
    long[] t = new long[3];
    int outer = r.enter();
    while (r.next()) {
      if (r.wireType() == ProtoReader.VARINT && r.field() <= 2) {
        t[r.field()] = r.readVarint();
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    return t;
  }

  private void sample(ProtoReader r, DictionaryTables d, Map<Map<String, String>, Samples> groups) {
    int stack = 0;
    long value = 0;
    boolean hasValues = false;
    boolean negative = false;
    long times = 0;
    DictionaryTables.Set set = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 -> stack = d.stack(r.readVarint());
        case 2 << 3, 2 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            set = set == null ? d.set() : set;
            d.attribute(r.readVarint(), set);
          }
        }
        case 3 << 3 -> {
          long link = r.readVarint();
          if (link != 0) {
            set = set == null ? d.set() : set;
            d.link(link, set);
          }
        }
        case 4 << 3, 4 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.VARINT); r.moreRepeated(o); ) {
            long v = r.readVarint();
            value += v;
            negative |= v < 0;
            hasValues = true;
          }
        }
        case 5 << 3 | ProtoReader.FIXED64, 5 << 3 | LENGTH -> {
          for (int o = r.beginRepeated(ProtoReader.FIXED64); r.moreRepeated(o); times++) {
            r.rawFixed64();
          }
        }
        default -> r.skip();
      }
    }
    long total = hasValues ? value : times;
    if (!negative) {
      samples(set, groups).add(stack, set == null ? 0 : set.index(), total);
    }
  }

  private static Samples samples(
      DictionaryTables.@Nullable Set set, Map<Map<String, String>, Samples> groups) {
    Map<String, String> own = set == null ? Map.of() : labels(set.texts());
    return groups.computeIfAbsent(own, _ -> new Samples());
  }

  /** Text attributes of a sample that become labels of its series. */
  public static Map<String, String> labels(Map<String, String> texts) {
    Map<String, String> own = new TreeMap<>(texts);
    own.keySet().removeAll(NOT_LABELS);
    return own;
  }
}
