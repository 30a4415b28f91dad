package dev.tethys.pipeline.ledger;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/**
 * Registry of all component accounts. An account outlives its component: after a reload, counting
 * continues from the predecessor's values, so that counters never decrease.
 *
 * <p>Shown as {@code tethys_pipeline_items} by component, signal and state, which balances in every
 * scrape, and under the names that the Collector's users know.
 */
public final class AccountingRegistry implements Collector {
  private record Key(String kind, String component, Signal signal) {}

  @GuardedBy("this")
  private final Map<Key, ItemAccounting> accounts = new LinkedHashMap<>();

  /** Returns the account of a component for a signal, opening it if missing. */
  public synchronized ItemAccounting account(String kind, String component, Signal signal) {
    return accounts.computeIfAbsent(
        new Key(kind, component, signal), k -> new ItemAccounting(kind, component, signal));
  }

  /** Returns all accounts in order of creation. */
  public synchronized List<ItemAccounting> accounts() {
    return List.copyOf(accounts.values());
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    Map<ItemAccounting, Balance> now = new LinkedHashMap<>();
    accounts().forEach(a -> now.put(a, a.balance()));
    if (now.isEmpty()) {
      return;
    }
    items(now, to);
    collector(
        now, "receiver", "otelcol_receiver_accepted_", "taken by receivers", Balance::out, to);
    collector(
        now,
        "receiver",
        "otelcol_receiver_refused_",
        "that receivers gave back to their senders",
        Balance::returned,
        to);
    collector(
        now, "exporter", "otelcol_exporter_sent_", "that destinations took", Balance::out, to);
    collector(
        now,
        "exporter",
        "otelcol_exporter_send_failed_",
        "that destinations did not take",
        b -> b.deadLettered() + b.allDropped() - b.dropped().getOrDefault(Drops.QUEUE_FULL, 0L),
        to);
    collector(
        now,
        "exporter",
        "otelcol_exporter_enqueue_failed_",
        "that found no room in the queue",
        b -> b.returned() + b.dropped().getOrDefault(Drops.QUEUE_FULL, 0L),
        to);
    processors(now, to);
  }

  /** Exposes the item counts of accounts. */
  public static void items(Map<ItemAccounting, Balance> now, Consumer<MetricFamily> to) {
    List<Metric> states = new ArrayList<>();
    List<Metric> held = new ArrayList<>();
    now.forEach(
        (a, b) -> {
          states.add(state(a, "in", "", b.in()));
          states.add(state(a, "created", "", b.created()));
          states.add(state(a, "restored", "", b.restored()));
          states.add(state(a, "revived", "", b.revived()));
          states.add(state(a, "out", "", b.out()));
          states.add(state(a, "dead_lettered", "", b.deadLettered()));
          states.add(state(a, "returned", "", b.returned()));
          states.add(state(a, "kept", "", b.kept()));
          b.dropped().forEach((reason, n) -> states.add(state(a, "dropped", reason, n)));
          held.add(
              new Metric(
                  Labels.of(
                      "component", a.component(), "kind", a.kind(), "signal", word(a.signal())),
                  b.held()));
        });
    to.accept(
        new MetricFamily(
            "tethys_pipeline_items_total",
            MetricType.COUNTER,
            "Items by outcome: in + created + restored + revived = out + dead_lettered"
                + " + dropped + returned + kept + tethys_pipeline_items_held.",
            "",
            states));
    to.accept(
        new MetricFamily(
            "tethys_pipeline_items_held",
            MetricType.GAUGE,
            "Items that are queued or being worked on.",
            "",
            held));
  }

  private static Metric state(ItemAccounting a, String state, String reason, long n) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("component", a.component());
    labels.put("kind", a.kind());
    labels.put("signal", word(a.signal()));
    labels.put("state", state);
    if (!reason.isEmpty()) {
      labels.put("reason", reason);
    }
    return new Metric(Labels.of(labels), n);
  }

  private static void collector(
      Map<ItemAccounting, Balance> now,
      String kind,
      String prefix,
      String what,
      ToLongFunction<Balance> value,
      Consumer<MetricFamily> to) {
    for (Signal s : Signal.values()) {
      List<Metric> metrics = new ArrayList<>();
      now.forEach(
          (a, b) -> {
            if (a.signal() == s && a.kind().equals(kind)) {
              metrics.add(new Metric(Labels.of(kind, a.component()), value.applyAsLong(b)));
            }
          });
      if (!metrics.isEmpty()) {
        to.accept(
            new MetricFamily(
                prefix + items(s) + "_total",
                MetricType.COUNTER,
                "Number of " + items(s).replace('_', ' ') + " " + what + ".",
                "",
                metrics));
      }
    }
  }

  private static void processors(Map<ItemAccounting, Balance> now, Consumer<MetricFamily> to) {
    List<Metric> incoming = new ArrayList<>();
    List<Metric> outgoing = new ArrayList<>();
    now.forEach(
        (a, b) -> {
          if (a.kind().equals("processor")) {
            Labels l = Labels.of("otel_signal", word(a.signal()), "processor", a.component());
            incoming.add(new Metric(l, b.in()));
            outgoing.add(new Metric(l, b.out()));
          }
        });
    if (!incoming.isEmpty()) {
      to.accept(
          new MetricFamily(
              "otelcol_processor_incoming_items_total",
              MetricType.COUNTER,
              "Number of items passed to the processor.",
              "",
              incoming));
      to.accept(
          new MetricFamily(
              "otelcol_processor_outgoing_items_total",
              MetricType.COUNTER,
              "Number of items emitted from the processor.",
              "",
              outgoing));
    }
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }

  /** Returns the Collector's name for the items of a signal. */
  private static String items(Signal s) {
    return switch (s) {
      case TRACES -> "spans";
      case METRICS -> "metric_points";
      case LOGS -> "log_records";
      case PROFILES -> "profile_samples";
    };
  }
}
