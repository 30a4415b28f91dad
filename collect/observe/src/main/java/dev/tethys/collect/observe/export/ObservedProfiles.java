package dev.tethys.collect.observe.export;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import dev.tethys.codec.pprof.StackProfile;
import dev.tethys.codec.pprof.StackProfile.Frame;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.profile.CpuProfiler;
import dev.tethys.collect.observe.profile.ProfileSink.OwnerProfile;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Profiles of an observer as requests of OTLP and as files of pprof. */
public final class ObservedProfiles {
  private static final long PERIOD_NANOS = 1_000_000_000L / CpuProfiler.FREQUENCY;
  private static final ValueType CPU = new ValueType("cpu", "nanoseconds");

  private ObservedProfiles() {}

  /** Returns an owner's resource attributes, named as by Coroot's node agent. */
  public static Map<String, String> resource(Owner owner, Map<String, String> host) {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("service.name", owner.service());
    out.put("container.id", owner.containerId());
    out.putAll(host);
    return out;
  }

  /**
   * All profiles of a round as one request.
   *
   * @param host attributes of the machine
   */
  public static ProfilesWriter otlp(List<OwnerProfile> profiles, Map<String, String> host) {
    return otlp(profiles, o -> resource(o, host));
  }

  /** Variant with other attributes of resources. */
  public static ProfilesWriter otlp(
      List<OwnerProfile> profiles, Function<Owner, Map<String, String>> resource) {
    ProfilesWriter out = new ProfilesWriter();
    Map<String, Integer> locations = new HashMap<>(); // most frames are in many stacks
    for (OwnerProfile p : profiles) {
      out.resource(resource.apply(p.owner()));
      StackProfile stacks =
          new StackProfile(
              new StackProfile.About(
                  CPU.type(),
                  CPU.unit(),
                  CPU.type(),
                  CPU.unit(),
                  PERIOD_NANOS,
                  p.startNanos(),
                  p.durationNanos()),
              out);
      p.samples()
          .forEach(
              (names, n) -> {
                int[] stack = new int[names.size()];
                for (int i = 0; i < stack.length; i++) {
                  stack[i] =
                      locations.computeIfAbsent(
                          names.get(i), f -> StackProfile.location(new Frame(f, 0), out));
                }
                stacks.add(StackProfile.stack(stack, out), List.of(), n * PERIOD_NANOS);
              });
      stacks.write(Map.of());
    }
    return out;
  }

  /** One profile as a file in gzip. */
  public static byte[] pprof(OwnerProfile p) {
    PprofWriter out = new PprofWriter(new ValueType("samples", "count"), CPU);
    p.samples().forEach((names, n) -> out.add(frames(names), n, n * PERIOD_NANOS));
    return out.toGzip(p.startNanos(), p.durationNanos(), CPU, PERIOD_NANOS);
  }

  private static List<Frame> frames(List<String> names) {
    return names.stream().map(n -> new Frame(n, 0)).toList();
  }
}
