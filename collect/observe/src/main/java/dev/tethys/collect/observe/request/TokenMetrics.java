package dev.tethys.collect.observe.request;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ApiCall;
import dev.tethys.collect.observe.protocol.HttpApi;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts input and output tokens of generative AI models by owner, destination and model. Models
 * beyond the bounds are counted under one name.
 *
 * <p>Guarded by the lock of {@link RequestMetrics}.
 */
final class TokenMetrics {
  /** Name of models beyond the bounds. */
  static final String OTHER = "~other";

  static final int MAX_OF_DESTINATION = 50;
  private static final int MAX_SERIES = 5_000;

  private record Key(Owner owner, @Nullable String destination) {}

  private record Model(String provider, String name) {
    private static final Model REST = new Model("", OTHER);
  }

  private static final class Tokens {
    long input;
    long output;

    /** Calls with unknown numbers. */
    long unknown;

    long last;
  }

  private final Map<Key, Map<Model, Tokens>> all = new HashMap<>();
  private int series;

  /** Adds a request; requests other than model calls are ignored. */
  void add(Owner owner, @Nullable String destination, ObservedRequest r) {
    ApiCall call = r.api();
    if (call == null || call.api() != HttpApi.GENAI) {
      return;
    }
    Key key = new Key(owner, destination);
    Map<Model, Tokens> of = all.get(key);
    if (of == null) {
      if (series >= MAX_SERIES) {
        return;
      }
      of = new HashMap<>();
      all.put(key, of);
    }
    Model model = new Model(call.system(), call.target());
    Tokens t = of.get(model);
    if (t == null) {
      if (of.size() >= MAX_OF_DESTINATION || series >= MAX_SERIES) {
        model = Model.REST;
        t = of.get(model);
      }
      if (t == null) {
        t = new Tokens();
        of.put(model, t);
        series++;
      }
    }
    t.last = r.startNanos();
    if (call.inputTokens() < 0 && call.outputTokens() < 0) {
      t.unknown += call.status() == ObservedRequest.Status.OK ? 1 : 0;
      return;
    }
    t.input += Math.max(0, call.inputTokens());
    t.output += Math.max(0, call.outputTokens());
  }

  /** Removes models that have not been called for a long time. */
  void forgetIdle(long now) {
    all.values()
        .removeIf(
            of -> {
              int before = of.size();
              of.values().removeIf(t -> now - t.last > RequestMetrics.IDLE_NANOS);
              series -= before - of.size();
              return of.isEmpty();
            });
  }

  /** Shows the counters. */
  void collect(Consumer<MetricFamily> to) {
    List<Metric> tokens = new ArrayList<>();
    List<Metric> unknown = new ArrayList<>();
    all.forEach(
        (key, of) ->
            of.forEach(
                (model, t) -> {
                  tokens.add(new Metric(labels(key, model).set("type", "input").build(), t.input));
                  tokens.add(
                      new Metric(labels(key, model).set("type", "output").build(), t.output));
                  unknown.add(new Metric(labels(key, model).build(), t.unknown));
                }));
    if (tokens.isEmpty()) {
      return;
    }
    to.accept(
        new MetricFamily(
            "tethys_container_genai_tokens_total",
            MetricType.COUNTER,
            "Tokens that generative models read and wrote, as reported in their responses.",
            "",
            tokens));
    to.accept(
        new MetricFamily(
            "tethys_container_genai_uncounted_requests_total",
            MetricType.COUNTER,
            "Calls of generative models whose numbers of tokens were not reported, or not visible.",
            "",
            unknown));
  }

  private static LabelsBuilder labels(Key key, Model model) {
    LabelsBuilder b =
        new LabelsBuilder()
            .set("container_id", key.owner().containerId())
            .set("app_id", key.owner().appId())
            .set("provider", model.provider())
            .set("model", model.name());
    if (key.destination() != null) {
      b.set("destination", key.destination());
    }
    return b;
  }
}
