package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.OpenProfile;
import dev.tethys.model.telemetry.OpenProfile.ValueType;
import dev.tethys.model.telemetry.OpenSample;
import dev.tethys.model.telemetry.ProfileTerms;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Fields of profiles and their samples. */
final class ProfileFields {
  /** Times of a sample, to be passed on: OTLP's values have no times. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Times(long[] unixNano) {}

  private ProfileFields() {}

  static Map<String, Field> profile() {
    Map<String, Field> f = new HashMap<>();
    types(f, "sample_type", OpenProfile::sampleType, OpenProfile::setSampleType);
    types(f, "period_type", OpenProfile::periodType, OpenProfile::setPeriodType);
    f.put(
        "sample",
        Paths.plain(
            Type.TELEMETRY,
            at -> at.profile().samples(),
            (at, v) -> {
              if (v instanceof List<?> l
                  && !l.isEmpty()
                  && l.getFirst() instanceof OpenSample s
                  && s.terms() != at.profile().terms()) {
                throw new EvaluationException("samples belong to the dictionary of their request");
              }
              Paths.replace(at.profile().samples(), v, OpenSample.class, OpenSample::copy);
            }));
    Paths.times(
        f, "time", at -> at.profile().timeUnixNano(), (at, v) -> at.profile().setTimeUnixNano(v));
    Paths.times(
        f,
        "duration",
        at -> at.profile().durationNano(),
        (at, v) -> at.profile().setDurationNano(v));
    f.put("period", Paths.longs(at -> at.profile().period(), (at, v) -> at.profile().setPeriod(v)));
    Paths.ids(
        f,
        "profile_id",
        Id.Kind.PROFILE,
        at -> new Id(Id.Kind.PROFILE, at.profile().idHigh(), at.profile().idLow()),
        (at, id) -> {
          if (id.isEmpty()) {
            throw new EvaluationException("the id of a profile must not be empty");
          }
          at.profile().setId(id.high(), id.low());
        });
    f.put("attributes", Paths.map(at -> at.profile().attributes()));
    f.put(
        "attribute_indices",
        Paths.plain(
            Type.LIST,
            at -> Lists.of(at.profile().attributeIndices()),
            (at, v) -> at.profile().setAttributeIndices(attributes(at.profile().terms(), v))));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.profile().droppedAttributesCount()),
            (at, v) -> at.profile().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "original_payload_format",
        Paths.string(
            at -> at.profile().originalPayloadFormat(),
            (at, v) -> at.profile().setOriginalPayloadFormat(v)));
    f.put(
        "original_payload",
        Paths.plain(
            Type.BYTES,
            at -> at.profile().originalPayload(),
            (at, v) -> {
              if (!(v instanceof byte[] b)) {
                throw new EvaluationException(
                    "this field requires bytes, not a value of type " + Type.of(v).text());
              }
              at.profile().setOriginalPayload(b.clone());
            }));
    return f;
  }

  static Map<String, Field> sample() {
    Map<String, Field> f = new HashMap<>();
    f.put(
        "values",
        Paths.plain(
            Type.LIST,
            at -> Lists.of(at.sample().values()),
            (at, v) -> at.sample().setValues(Lists.longs(v))));
    f.put("attributes", Paths.map(at -> at.sample().attributes()));
    f.put(
        "attribute_indices",
        Paths.plain(
            Type.LIST,
            at -> Lists.of(at.sample().attributeIndices()),
            (at, v) -> at.sample().setAttributeIndices(attributes(at.sample().terms(), v))));
    f.put(
        "link_index",
        Paths.longs(
            at -> at.sample().linkIndex(),
            (at, v) -> {
              if (v != (int) v || !at.sample().terms().hasLink((int) v)) {
                throw new EvaluationException("the dictionary has no link " + v);
              }
              at.sample().setLinkIndex((int) v);
            }));
    f.put(
        "timestamps_unix_nano",
        Paths.plain(
            Type.LIST,
            at -> Lists.of(at.sample().timestampsUnixNano()),
            (at, v) -> at.sample().setTimestampsUnixNano(Lists.longs(v))));
    f.put(
        "timestamps",
        Paths.plain(
            Type.TELEMETRY,
            at -> new Times(at.sample().timestampsUnixNano()),
            (at, v) -> {
              if (!(v instanceof Times t)) {
                throw new EvaluationException(
                    "this field takes timestamps of another sample; numbers belong in"
                        + " timestamps_unix_nano");
              }
              at.sample().setTimestampsUnixNano(t.unixNano());
            }));
    return f;
  }

  /** Adds a value type: as a whole, and its two strings. */
  private static void types(
      Map<String, Field> to,
      String name,
      Function<OpenProfile, ValueType> getter,
      BiConsumer<OpenProfile, ValueType> setter) {
    to.put(
        name,
        Paths.plain(
            Type.TELEMETRY,
            at -> getter.apply(at.profile()),
            (at, v) -> {
              if (!(v instanceof ValueType t)) {
                throw new EvaluationException(
                    "this field takes sample_type or period_type of a profile; texts belong in "
                        + name
                        + ".type and "
                        + name
                        + ".unit");
              }
              setter.accept(at.profile(), t);
            }));
    to.put(
        name + ".type",
        Paths.string(
            at -> at.profile().terms().string(getter.apply(at.profile()).type()),
            (at, s) ->
                setter.accept(
                    at.profile(),
                    new ValueType(string(at, s), getter.apply(at.profile()).unit()))));
    to.put(
        name + ".unit",
        Paths.string(
            at -> at.profile().terms().string(getter.apply(at.profile()).unit()),
            (at, s) ->
                setter.accept(
                    at.profile(),
                    new ValueType(getter.apply(at.profile()).type(), string(at, s)))));
  }

  private static int string(Cursor at, String s) {
    return at.profile().terms().stringIndex(s);
  }

  private static int[] attributes(ProfileTerms terms, @Nullable Object v) {
    long[] wanted = Lists.longs(v);
    int[] out = new int[wanted.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (int) wanted[i];
      if (wanted[i] != out[i] || !terms.hasAttribute(out[i])) {
        throw new EvaluationException("the dictionary has no attribute " + wanted[i]);
      }
    }
    return out;
  }
}
