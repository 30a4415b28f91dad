package dev.tethys.pipeline.extension.sampling;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sampling strategies file of Jaeger's collector and responses to clients. */
final class SamplingStrategies {
  private static final double DEFAULT_RATE = 0.001;

  /**
   * Sampling strategy of a service.
   *
   * @param limiting whether {@code param} is traces per second instead of a probability
   * @param operations probabilities by operation; null without them
   */
  record Strategy(boolean limiting, double param, @Nullable Map<String, Double> operations) {
    /** Returns the default probability of operations. */
    private double rate() {
      return limiting ? DEFAULT_RATE : param;
    }

    /** Encodes {@code jaeger.api_v2.SamplingStrategyResponse}. */
    byte[] protobuf() {
      ProtoWriter w = new ProtoWriter();
      w.int64Unless0(1, limiting ? 1 : 0);
      int m = w.begin(limiting ? 3 : 2);
      if (limiting) {
        w.int64Unless0(1, (int) param);
      } else {
        w.float64Unless0(1, param);
      }
      w.end(m);
      if (operations != null) {
        int all = w.begin(4);
        w.float64Unless0(1, rate());
        operations.forEach(
            (operation, share) -> {
              int one = w.begin(3);
              w.string(1, operation);
              int p = w.begin(2);
              w.float64Unless0(1, share);
              w.end(p);
              w.end(one);
            });
        w.end(all);
      }
      return w.toByteArray();
    }
  }

  private final Strategy fallback;
  private final Map<String, Strategy> services;

  private SamplingStrategies(Strategy fallback, Map<String, Strategy> services) {
    this.fallback = fallback;
    this.services = services;
  }

  /**
   * Parses a file.
   *
   * @throws CodecException if it is not JSON or contains unknown settings
   */
  static SamplingStrategies read(String json) {
    Attributes file = object(JsonValues.read(json), "the file");
    known(file, Set.of("service_strategies", "default_strategy"), "the file");
    Object value = file.get("default_strategy");
    Strategy fallback =
        value == null
            ? new Strategy(false, DEFAULT_RATE, null)
            : strategy(object(value, "default_strategy"), "default_strategy");
    Map<String, Strategy> services = new HashMap<>();
    for (Attributes s : list(file.get("service_strategies"), "service_strategies")) {
      if (!(s.get("service") instanceof String name)) {
        throw new CodecException("a strategy of service_strategies has no service");
      }
      services.put(name, merged(strategy(s, "service " + name), fallback));
    }
    return new SamplingStrategies(fallback, Map.copyOf(services));
  }

  /** Merges strategies: default operations apply to services that do not define their own. */
  private static Strategy merged(Strategy own, Strategy fallback) {
    Map<String, Double> others = fallback.operations;
    if (others == null || own.operations == null && own.limiting) {
      return own;
    }
    Map<String, Double> all = new LinkedHashMap<>();
    if (own.operations != null) {
      all.putAll(own.operations);
    }
    others.forEach(all::putIfAbsent);
    return new Strategy(own.limiting, own.param, all);
  }

  private static Strategy strategy(Attributes a, String of) {
    known(a, Set.of("service", "type", "param", "operation_strategies"), of);
    boolean limiting =
        switch (String.valueOf(a.get("type"))) {
          case "probabilistic" -> false;
          case "ratelimiting" -> true;
          default ->
              throw new CodecException(
                  of
                      + " has the type "
                      + a.get("type")
                      + "; it must be probabilistic or ratelimiting");
        };
    Map<String, Double> operations = null;
    for (Attributes o : list(a.get("operation_strategies"), of)) {
      known(o, Set.of("operation", "type", "param"), of);
      if (!(o.get("operation") instanceof String name)) {
        throw new CodecException("a strategy of operations of " + of + " has no operation");
      }
      if (!"probabilistic".equals(o.get("type"))) {
        throw new CodecException(
            "operation " + name + " of " + of + ": operations must be probabilistic");
      }
      operations = operations == null ? new LinkedHashMap<>() : operations;
      operations.put(name, number(o, false, "operation " + name + " of " + of));
    }
    return new Strategy(limiting, number(a, limiting, of), operations);
  }

  private static double number(Attributes a, boolean limiting, String of) {
    double n = a.get("param") instanceof Number x ? x.doubleValue() : Double.NaN;
    if (!(n >= 0) || n > (limiting ? Integer.MAX_VALUE : 1)) {
      throw new CodecException(
          of + ": param is " + (limiting ? "traces a second" : "a share from 0 to 1"));
    }
    return n;
  }

  private static Attributes object(@Nullable Object o, String what) {
    if (o instanceof Attributes a) {
      return a;
    }
    throw new CodecException(what + " is not an object");
  }

  private static List<Attributes> list(@Nullable Object o, String what) {
    if (o == null) {
      return List.of();
    }
    if (!(o instanceof ArrayValue a)) {
      throw new CodecException(what + " is not a list");
    }
    List<Attributes> all = new java.util.ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      all.add(object(a.get(i), "an item of " + what));
    }
    return all;
  }

  private static void known(Attributes a, Set<String> keys, String of) {
    a.forEach(
        (key, _) -> {
          if (!keys.contains(key)) {
            throw new CodecException(of + " has the unknown key " + key);
          }
        });
  }

  /** Returns the strategy of a service. */
  Strategy of(String service) {
    return services.getOrDefault(service, fallback);
  }
}
