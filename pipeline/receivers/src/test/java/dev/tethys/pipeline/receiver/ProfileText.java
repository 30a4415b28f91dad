package dev.tethys.pipeline.receiver;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Batch;
import io.opentelemetry.proto.profiles.v1development.Line;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import io.opentelemetry.proto.profiles.v1development.Sample;
import io.opentelemetry.proto.profiles.v1development.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Profiles as a person reads them, by the official classes. */
public final class ProfileText {
  private ProfileText() {}

  /** Request of a batch, checked to be readable by every reader. */
  public static ProfilesData of(Batch b) {
    if (OtlpCheck.check(OtlpSignal.PROFILES, b.body(), 0, b.body().length) != b.items()) {
      throw new AssertionError("counted wrongly: " + b.items());
    }
    try {
      return ProfilesData.parseFrom(b.body());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** Attributes of the first resource. */
  public static TreeMap<String, String> resource(ProfilesData d) {
    TreeMap<String, String> m = new TreeMap<>();
    d.getResourceProfiles(0)
        .getResource()
        .getAttributesList()
        .forEach(a -> m.put(a.getKey(), a.getValue().getStringValue()));
    return m;
  }

  /** All profiles. */
  public static List<Profile> profiles(ProfilesData d) {
    return d.getResourceProfilesList().stream()
        .flatMap(r -> r.getScopeProfilesList().stream())
        .flatMap(s -> s.getProfilesList().stream())
        .toList();
  }

  /** {@code type/unit}. */
  public static String type(ProfilesDictionary d, ValueType t) {
    return d.getStringTable(t.getTypeStrindex()) + "/" + d.getStringTable(t.getUnitStrindex());
  }

  /** {@code inner<outer}: names of functions, those inlined too. */
  public static String stack(ProfilesDictionary d, Sample s) {
    List<String> frames = new ArrayList<>();
    for (int l : d.getStackTable(s.getStackIndex()).getLocationIndicesList()) {
      for (Line line : d.getLocationTable(l).getLinesList()) {
        frames.add(d.getStringTable(d.getFunctionTable(line.getFunctionIndex()).getNameStrindex()));
      }
    }
    return String.join("<", frames);
  }

  /** {@code stack=value} of each sample. */
  public static List<String> samples(ProfilesDictionary d, Profile p) {
    return p.getSamplesList().stream().map(s -> stack(d, s) + "=" + s.getValues(0)).toList();
  }

  /** {@code key=value} of attributes. */
  public static List<String> attributes(ProfilesDictionary d, List<Integer> indices) {
    return indices.stream()
        .map(i -> d.getAttributeTable(i))
        .map(
            a ->
                d.getStringTable(a.getKeyStrindex())
                    + "="
                    + (a.getValue().hasIntValue()
                        ? a.getValue().getIntValue() + d.getStringTable(a.getUnitStrindex())
                        : a.getValue().getStringValue()))
        .toList();
  }
}
